"""Training on still images, and on the votes of their annotators."""

from dataclasses import replace

import pandas as pd
import pytest
from safetensors.torch import load_file

from ferfusion.bundle import load_bundle
from ferfusion.corpora.fer2013 import list_fer2013
from ferfusion.errors import ConfigError
from ferfusion.labels import SEVEN
from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from ferfusion.preparation.dataset import open_dataset
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.preparation.stills import prepare_stills
from ferfusion.splits.recipe import SplitRecipe
from ferfusion.splits.split import split_dataset
from ferfusion.training.recipe import TrainRecipe
from helpers.stills import fer_folders, fer_table
from helpers.trainings import KillAt, KilledError, different_weights, train

MODEL = ModelConfig(architecture="spatial", stream="residual", head_units=32, dropout=0.3)
RECIPE = TrainRecipe(
    epochs=2,
    batch_size=8,
    optimizer="sgd",
    learning_rate=0.01,
    schedule="cosine",
    weight_average=0.9,
    rotate=15,
    translate=0.1,
    random_erasing=0.5,
)


def stills(root, make, **settings):
    listing = list_fer2013(make(root / "corpus", **settings))
    prepare_stills(listing, root / "dataset", labels=SEVEN, recipe=PrepareRecipe())
    split_dataset(open_dataset(root / "dataset"), SplitRecipe())
    return root / "dataset"


@pytest.fixture(scope="module")
def voted(tmp_path_factory):
    return stills(tmp_path_factory.mktemp("voted"), fer_table)


@pytest.mark.parametrize("architecture", ["two-stream", "flow", "stack", "lstm"])
def test_a_model_that_looks_at_motion_is_refused_before_anything_is_written(voted, tmp_path, architecture):
    with pytest.raises(ConfigError, match="train with --architecture spatial"):
        train(voted, tmp_path / "run", model=replace(MODEL, architecture=architecture), recipe=RECIPE)
    assert not (tmp_path / "run").exists()


def test_without_a_test_part_the_predictions_are_of_the_validation_part(tmp_path):
    result = train(stills(tmp_path, fer_folders), tmp_path / "run", model=MODEL, recipe=RECIPE)
    table = pd.read_csv(tmp_path / "run" / "predictions.csv")
    assert set(table["part"]) == {"validation"}
    assert len(table) == 14
    assert (table["expression"] == table["emotion"]).mean() == pytest.approx(result.best["val_accuracy"])


@pytest.mark.parametrize("settings", [{"soft_labels": True}, {"vote_weight": 0.5}])
def test_a_run_that_learns_from_votes_goes_on_to_the_very_same_weights(voted, tmp_path, settings):
    recipe = replace(RECIPE, **settings)
    train(voted, tmp_path / "whole", model=MODEL, recipe=recipe)
    with pytest.raises(KilledError):
        train(voted, tmp_path / "run", model=MODEL, recipe=recipe, callbacks=[KillAt(1)])
    train(voted, tmp_path / "run", model=MODEL, recipe=recipe)
    assert not different_weights(*(tmp_path / name / "bundle.safetensors" for name in ("whole", "run")))


def test_the_output_that_learns_votes_leaves_its_mark_and_is_thrown_away(voted, tmp_path):
    for name, weight in (("plain", 0.0), ("votes", 0.5)):
        train(voted, tmp_path / name, model=MODEL, recipe=replace(RECIPE, epochs=1, vote_weight=weight))
    bundles = [tmp_path / name / "bundle.safetensors" for name in ("plain", "votes")]
    assert set(load_file(bundles[1])) == set(build_model(MODEL, 7).state_dict())
    assert "spatial_stream.blocks.0.conv1.weight" in different_weights(*bundles)
    assert load_bundle(bundles[1]).build_model().head.dense3.out_features == 7
