"""A run of an untrained model, its pairs and its explanation."""

import pytest

from ferfusion.bundle import Bundle, save_bundle
from ferfusion.explanation.explain_run import explain_run
from ferfusion.explanation.pairs import open_run_pairs
from ferfusion.explanation.recipe import ExplainRecipe
from ferfusion.files import write_json
from ferfusion.label_set import SIX
from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from ferfusion.preparation.dataset import open_dataset
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.splits.kept_split import keep_split
from ferfusion.splits.split import read_splits, split_header
from helpers.datasets import write_dataset
from helpers.runs import fake_config


@pytest.fixture(scope="session")
def make_run():
    """Writes a run folder with the files that an explanation reads; the model is not trained."""

    def write(folder, dataset, *, architecture="two-stream"):
        config = ModelConfig(architecture=architecture, head_units=16, frames=3)
        weights = build_model(config, len(SIX), seed=3).state_dict()
        if "head.dense3.bias" in weights:
            weights["head.dense3.bias"][SIX.code("Fear")] = 0.2  # so that some predictions are correct
        folder.mkdir()
        settings = fake_config(architecture=architecture)
        settings["dataset"]["path"] = dataset.as_posix()
        write_json(folder / "config.json", settings)
        save_bundle(
            folder / "bundle.safetensors", Bundle(weights, config, SIX, PrepareRecipe(), {}, {}, "none")
        )
        source = open_dataset(dataset)
        keep_split(folder / "splits.csv", source, read_splits(source), header=split_header(source))
        return folder

    return write


@pytest.fixture(scope="session")
def dataset(tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("data") / "dataset", frames=3)


@pytest.fixture(scope="session")
def run(tmp_path_factory, dataset, make_run):
    return make_run(tmp_path_factory.mktemp("runs") / "run", dataset)


@pytest.fixture(scope="session")
def source(run):
    """The run's pairs."""
    return open_run_pairs(run, method="hires-cam")


@pytest.fixture(scope="session")
def explained(run):
    """The run's explanation, with the sanity checks."""
    return explain_run(run, ExplainRecipe(examples=2, method="grad-cam"), check=True)
