import re
import shutil

import numpy as np
import pandas as pd
import pytest

from ferfusion.bundle import Bundle, load_bundle, save_bundle
from ferfusion.errors import BundleError, ConfigError, DatasetError
from ferfusion.explanation.deletion import ORDERS, SHARES
from ferfusion.explanation.examples import choose_examples, read_answers
from ferfusion.explanation.explain_run import explain_run
from ferfusion.explanation.pairs import open_run_pairs, spread
from ferfusion.explanation.recipe import ExplainRecipe
from ferfusion.files import write_json
from ferfusion.labels import SIX
from ferfusion.models.config import ModelConfig
from ferfusion.models.zoo import build_model
from ferfusion.preparation.dataset import open_dataset
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.splits.kept_split import keep_split
from ferfusion.splits.recipe import SplitRecipe
from ferfusion.splits.split import read_splits, split_dataset, split_header
from helpers.datasets import write_dataset


def write_run(folder, dataset, *, architecture="two-stream"):
    """A run folder as explanations need it: the bundle of a model that was not trained, and the settings."""
    config = ModelConfig(architecture=architecture, head_units=16, frames=3)
    weights = build_model(config, len(SIX), seed=3).state_dict()
    if "head.dense3.bias" in weights:
        weights["head.dense3.bias"][SIX.code("Fear")] = 0.2  # it leans, so that some of its answers are right
    folder.mkdir()
    write_json(folder / "config.json", {"dataset": {"path": dataset.as_posix()}})
    bundle = Bundle(weights, config, SIX, PrepareRecipe(), {}, {}, "none")
    save_bundle(folder / "bundle.safetensors", bundle)
    source = open_dataset(dataset)
    keep_split(folder, source, read_splits(source), header=split_header(source))
    return folder


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("data") / "dataset", frames=3)


@pytest.fixture(scope="module")
def run(tmp_path_factory, dataset):
    return write_run(tmp_path_factory.mktemp("runs") / "run", dataset)


@pytest.fixture(scope="module")
def explained(run):
    return explain_run(run, ExplainRecipe(examples=2, method="grad-cam"), check=True)


@pytest.fixture(scope="module")
def source(run):
    return open_run_pairs(run, method="hires-cam")


def test_only_pairs_of_the_part_are_read_and_their_answers_add_up(run, explained, dataset):
    answers = pd.read_csv(run / "contributions.csv")
    data = open_dataset(dataset)
    parts = read_splits(data)
    assert {parts[clip] for clip in answers["clip"]} == {"validation"}
    assert len(answers) == sum(parts[clip] == "validation" for clip in data.pairs["clip"])
    total = answers["baseline"] + answers["spatial"] + answers["flow"]
    np.testing.assert_allclose(total, answers["answer"], atol=1e-4)


def test_the_answers_are_the_models(source, run):
    answers = read_answers(source, ExplainRecipe())
    rows = answers.index.to_numpy()
    model = load_bundle(run / "bundle.safetensors").build_model()
    probabilities = model(*source.images(rows)).softmax(1).detach().numpy()
    assert answers["expression"].tolist() == [SIX.names[code] for code in probabilities.argmax(1)]
    p = probabilities.max(axis=1)
    np.testing.assert_allclose(answers["answer"], np.log(p / (1 - p)), atol=1e-4)


def test_examples_are_right_or_wrong_as_they_say_and_explain_what_was_named(source):
    recipe = ExplainRecipe(examples=2)
    classes = choose_examples(source, read_answers(source, recipe), recipe)
    assert [one.name for one in classes] == list(SIX.names)
    assert sum(len(one.right) for one in classes) > 0
    assert sum(len(one.wrong) for one in classes) > 0
    for one in classes:
        code = SIX.code(one.name)
        assert len(one.right) <= 2
        assert len(one.wrong) <= 2
        assert all(example.explanation.code == code for example in one.right)
        assert all(example.explanation.code != code for example in one.wrong)
        for example in (*one.right, *one.wrong):
            assert example.true_code == code
            assert example.explanation.code == example.explanation.probabilities.argmax()


def test_the_page_needs_nothing_else_and_says_what_it_shows(run, explained):
    page = explained.page.read_text(encoding="utf-8")
    assert explained.page == run / "explain.html"
    assert not re.search(r'(src|href)="(?!data:)', page)
    for name in SIX.names:
        assert f"<h2>{name}</h2>" in page
    assert "Validation part; maps by Grad-CAM" in page
    assert "Can the maps be trusted?" in page
    assert page.count("data:image/png") == len(list((run / "figures").glob("explain_*.png")))


def test_the_checks_are_written_as_tables(run, explained):
    deletion = pd.read_csv(run / "explain_deletion.csv")
    assert len(deletion) == 2 * 2 * len(ORDERS) * len(SHARES)  # methods, streams
    whole = deletion[deletion["gone"] == 0].groupby("stream")["probability"]
    assert (whole.max() - whole.min() < 1e-6).all()  # nothing is gone yet, whatever the order
    randomised = pd.read_csv(run / "explain_randomisation.csv")
    assert (randomised[randomised["step"] == 0]["correlation"] == 1).all()
    assert randomised["layer"].iloc[-1] == "conv1"
    one = explained.checks.deletions[0]
    assert one.gain == pytest.approx(one.areas["random"] - one.areas["map"])


def test_the_same_seed_shows_the_same_pairs(source):
    first, again, other = (
        source.candidates("train", per_class=3, seed=seed)["Anger"].tolist() for seed in (0, 0, 1)
    )
    assert first == again != other


def test_every_video_comes_once_before_any_comes_again():
    videos = np.repeat(["a", "b", "c"], [10, 3, 1])
    order = videos[spread(np.arange(14), videos, rng=np.random.default_rng(0))]
    assert sorted(order[:3]) == ["a", "b", "c"]
    assert sorted(order[3:5]) == ["a", "b"]
    assert sorted(order) == sorted(videos)


@pytest.mark.parametrize("architecture", ["lstm", "spatial-conv3d", "hybrid", "flow"])
def test_other_architectures_have_a_page_too(tmp_path, dataset, architecture):
    run = write_run(tmp_path / "run", dataset, architecture=architecture)
    page = explain_run(run, ExplainRecipe(examples=1)).page.read_text(encoding="utf-8")
    assert "explain RUN --check" in page
    assert ("Each moment of a window has its own" in page) == (architecture == "lstm")


def test_a_dataset_that_was_moved_is_asked_for_and_found_again(tmp_path, dataset):
    here = shutil.copytree(dataset, tmp_path / "here")
    run = write_run(tmp_path / "run", here)
    moved = here.rename(tmp_path / "moved")
    with pytest.raises(DatasetError, match="say where it is with --dataset"):
        open_run_pairs(run, method="grad-cam")
    assert len(open_run_pairs(run, method="grad-cam", dataset=moved).reader) > 0


def test_a_dataset_of_another_preparation_is_refused(tmp_path, run):
    other = write_dataset(tmp_path / "other", recipe=PrepareRecipe(margin=0.7))
    with pytest.raises(BundleError, match="margin"):
        open_run_pairs(run, method="grad-cam", dataset=other)


def test_an_unfinished_run_is_named(tmp_path):
    with pytest.raises(BundleError, match=r"There is no bundle .*bundle\.safetensors"):
        explain_run(tmp_path, ExplainRecipe())


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"method": "gradcam"}, "Unknown map method 'gradcam'"),
        ({"part": "tests"}, "Unknown part 'tests'"),
        ({"examples": 0}, "examples must be at least 1, got 0"),
        ({"seed": -1}, "seed must be 0 or more, got -1"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(settings, words):
    with pytest.raises(ConfigError, match=words):
        ExplainRecipe(**settings)


def test_pairs_stay_those_of_the_runs_own_split_when_the_dataset_is_divided_again(tmp_path):
    dataset = write_dataset(tmp_path / "dataset", frames=3)
    run = write_run(tmp_path / "run", dataset)
    before = read_splits(open_dataset(dataset))
    split_dataset(open_dataset(dataset), SplitRecipe(seed=5), copies=())
    assert read_splits(open_dataset(dataset)) != before
    explain_run(run, ExplainRecipe(examples=1))
    answers = pd.read_csv(run / "contributions.csv")
    assert {before[clip] for clip in answers["clip"]} == {"validation"}
