"""A Ray cluster of two nodes on 127.0.0.1; one is killed in the middle of a command.

Run as a program: ``python ray_cluster.py prepare CORPUS DATASET``, or with predict, VIDEOS and OUT. It
prints the numbers of videos and nodes.
"""

import os
import sys
from pathlib import Path

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
os.environ["RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"] = "0"
os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"  # keeps every port on 127.0.0.1

import ray
from ray.cluster_utils import Cluster

import ferfusion as fer


def main(command: str, source: Path, out: Path) -> None:
    head = {"num_cpus": 1, "node_ip_address": "127.0.0.1", "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    second = cluster.add_node(num_cpus=1, node_ip_address="127.0.0.1")
    done, alive = 0, 0

    def kill_a_node(progress: fer.Progress) -> None:
        nonlocal done, alive
        if progress.message:
            return
        done = progress.done
        if done == 3:
            alive = sum(node["Alive"] for node in ray.nodes())
            cluster.remove_node(second, allow_graceful=False)

    on_ray = {"engine": "ray", "address": cluster.address, "progress": kill_a_node}
    if command == "prepare":
        fer.prepare(source, out, corpus="folder", **on_ray)
    else:
        fer.load_model(device="cpu").predict(source, out=out, **on_ray)
    print(f"done {done} nodes {alive}")
    cluster.shutdown()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
