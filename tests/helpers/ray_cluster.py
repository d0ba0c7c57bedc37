"""A Ray cluster of two nodes on 127.0.0.1; one is killed in the middle of a preparation.

Run as a program: ``python ray_cluster.py CORPUS DATASET``. It prints the numbers of videos and nodes.
"""

import os
import sys
from pathlib import Path

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
os.environ["RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"] = "0"
os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"  # keeps every port on 127.0.0.1

import ray
from ray.cluster_utils import Cluster

from ferfusion.corpora.folder import list_folder
from ferfusion.engines import run_on_ray
from ferfusion.labels import SIX
from ferfusion.preparation.pipeline import Preparation
from ferfusion.preparation.recipe import PrepareRecipe


def main(corpus: Path, dataset: Path) -> None:
    head = {"num_cpus": 1, "node_ip_address": "127.0.0.1", "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    second = cluster.add_node(num_cpus=1, node_ip_address="127.0.0.1")
    work = Preparation(list_folder(corpus), corpus, dataset, SIX, PrepareRecipe())
    work.begin()
    done = 0
    for _ in work.run(run_on_ray, work.unfinished(), address=cluster.address):
        done += 1
        if done == 3:
            alive = sum(node["Alive"] for node in ray.nodes())
            cluster.remove_node(second, allow_graceful=False)
    work.finish()
    print(f"done {done} nodes {alive}")
    cluster.shutdown()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
