import copy
import hashlib
import json
from dataclasses import replace

import pytest

from ferfusion.errors import BundleError, ConfigError, DatasetError
from ferfusion.evaluation.run_folder import RunFolder
from ferfusion.models.build import build_model, count_parameters
from ferfusion.models.config import ModelConfig
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.splits.kept_split import keep_split
from ferfusion.splits.split import parts_hash, split_header
from ferfusion.training.build import open_parts
from ferfusion.training.job import TrainJob
from ferfusion.training.recipe import TrainRecipe
from ferfusion.training.run_config import (
    claim_run,
    recipe_to_pass_on,
    run_config,
    setting_differences,
    start_hashes,
)
from helpers.trainings import MODEL, RECIPE, SHORT


@pytest.fixture
def opened(dataset):
    return open_parts(TrainJob(dataset, dataset / "run", MODEL, SHORT))


@pytest.fixture
def config_of(opened):
    """A function that makes the settings of a run with some settings of the training."""

    source, pairs = opened

    def make(**settings):
        return run_config(source, pairs, MODEL, replace(SHORT, **settings))

    return make


@pytest.fixture
def run(tmp_path):
    (tmp_path / "run").mkdir()
    return RunFolder(tmp_path / "run")


@pytest.fixture
def claim(opened):
    """``claim_run`` with the dataset."""

    def claim(run, config, **options):
        return claim_run(run, config, opened[0], **options)

    return claim


@pytest.fixture
def begin(opened, claim):
    """A function that leaves what a finished run of one epoch leaves."""
    source, pairs = opened

    def begin(run, config):
        claim(run, config)
        keep_split(run.splits_file, source, pairs.part_of_clip, header=split_header(source))
        for path in (run.metrics_file, run.bundle_file, run.predictions_file):
            path.write_text("")

    return begin


def test_run_config_has_all_settings_and_the_class_counts(opened):
    source, pairs = opened
    config = run_config(source, pairs, MODEL, RECIPE)
    assert ModelConfig.from_dict(config["model"]) == MODEL
    assert TrainRecipe.from_dict(config["recipe"]) == RECIPE
    assert config["dataset"]["recipe_hash"] == PrepareRecipe().hash
    assert config["dataset"]["split_hash"] == parts_hash(pairs.part_of_clip)
    assert config["architecture"] == {"streams": ["flow"], "has_operator": False, "predicts": "pair"}
    assert config["parameters"] == count_parameters(build_model(MODEL, 6))
    # six subjects in parts of four, one and one; six videos of two pairs each
    assert config["subjects"] == {"train": 4, "validation": 1, "test": 1}
    assert config["videos"] == {"train": 24, "validation": 6, "test": 6}
    assert {part: set(counts.values()) for part, counts in config["class_counts"].items()} == {
        "train": {8},
        "validation": {2},
        "test": {2},
    }
    assert json.loads(json.dumps(config)) == config


def test_start_hashes_are_of_the_files_and_imagenet_is_a_name(tmp_path):
    (tmp_path / "b.safetensors").write_bytes(b"bundle")
    recipe = replace(SHORT, start_from=str(tmp_path / "b.safetensors"), weights="imagenet")
    assert start_hashes(recipe) == {
        "start_from_sha256": hashlib.sha256(b"bundle").hexdigest(),
        "weights_sha256": "imagenet",
    }
    assert start_hashes(SHORT) == {}


def test_start_hashes_are_of_all_files_of_a_graph_model(tmp_path):
    manifest = json.dumps({"weightsManifest": [{"paths": ["net.bin"], "weights": []}]}).encode()
    for name, content in (("net.json", manifest), ("net.bin", b"numbers")):
        (tmp_path / name).write_bytes(content)
    hashes = [hashlib.sha256(content).hexdigest() for content in (manifest, b"numbers")]
    recipe = replace(SHORT, weights=str(tmp_path / "net.json"))
    assert start_hashes(recipe) == {"weights_sha256": " ".join(hashes)}


def test_start_hashes_name_a_missing_file(tmp_path):
    with pytest.raises(BundleError, match=r"There is no file .*lost\.safetensors to start from"):
        start_hashes(replace(SHORT, start_from=str(tmp_path / "lost.safetensors")))


def test_recipe_to_pass_on_has_names_of_files_without_their_folders():
    recipe = replace(SHORT, start_from="/home/someone/b.safetensors", weights="imagenet")
    passed_on = recipe_to_pass_on(recipe)
    assert (passed_on["start_from"], passed_on["weights"]) == ("b.safetensors", "imagenet")
    assert TrainRecipe.from_dict(passed_on) == replace(recipe, start_from="b.safetensors")


def test_setting_differences_ignore_paths_and_name_another_split(config_of):
    saved, wanted = config_of(), config_of(seed=1)
    wanted["dataset"] |= {"path": "/elsewhere", "split_hash": "0" * 64}
    assert setting_differences(saved, wanted) == [
        "seed is 0 in the folder, 1 in this call",
        "the dataset has another split than when the run began",
    ]
    assert setting_differences(saved, copy.deepcopy(saved)) == []


def test_claim_run_writes_the_settings_into_a_new_folder(tmp_path, config_of, claim):
    run = RunFolder(tmp_path / "new")
    claim(run, config_of())
    assert json.loads(run.config_file.read_text()) == config_of()
    claim(run, config_of())  # the same run


def test_claim_run_refuses_a_folder_with_something_else_and_a_file(run, config_of, claim):
    (run.path / "thesis.docx").write_text("")
    with pytest.raises(ConfigError, match="is not a run folder; name a new or empty folder"):
        claim(run, config_of())
    with pytest.raises(ConfigError, match="is not a run folder"):
        claim(RunFolder(run.path / "thesis.docx"), config_of())


def test_claim_run_changes_the_settings_of_a_run_that_has_not_begun(run, config_of, claim):
    claim(run, config_of(seed=1))
    claim(run, config_of(epochs=1))
    saved = json.loads(run.config_file.read_text())
    assert (saved["recipe"]["seed"], saved["recipe"]["epochs"]) == (0, 1)


def test_claim_run_with_more_epochs_makes_a_finished_run_unfinished(run, config_of, claim, begin):
    begin(run, config_of(epochs=1))
    results = [run.report_file, run.path / "contributions.csv", run.figures / "explain_fear_wrong.png"]
    run.figures.mkdir()
    for each in (*results, run.figures / "mine.png"):
        each.touch()
    claim(run, config_of(epochs=2))
    assert not run.is_finished
    assert not any(each.exists() for each in (*results, run.predictions_file))
    assert (run.figures / "mine.png").exists()
    assert run.metrics_file.exists()
    assert json.loads(run.config_file.read_text())["recipe"]["epochs"] == 2


@pytest.mark.parametrize(
    ("saved", "wanted", "message"),
    [
        ({"epochs": 2}, {"epochs": 1}, "epochs is 2 in the folder, 1 in this call"),
        ({"epochs": 1}, {"epochs": 2, "seed": 1}, "seed is 0 in the folder, 1 in this call"),
        (
            {"schedule": "cosine"},
            {"schedule": "cosine", "epochs": 3},
            "the rates of cosine follow from epochs",
        ),
        ({"imbalance": "smote"}, {"imbalance": "smote", "epochs": 3}, "that smote starts from follow from"),
    ],
)
def test_claim_run_refuses_other_settings_of_a_run_that_has_begun(
    run, config_of, claim, begin, *, saved, wanted, message
):
    begin(run, config_of(**saved))
    before = run.config_file.read_bytes()
    with pytest.raises(ConfigError, match=message) as error:
        claim(run, config_of(**wanted))
    assert "\n" not in str(error.value)
    assert run.is_finished
    assert run.config_file.read_bytes() == before


@pytest.fixture
def relabelled(opened):
    """The dataset after a label was corrected."""
    source, _ = opened
    pairs = source.pairs.copy()
    rows = pairs["clip"] == pairs["clip"].iloc[0]
    pairs.loc[rows, ["emotion", "code"]] = ["Surprise", 5]
    changed = replace(source)
    changed.__dict__["pairs"] = pairs
    return changed


def test_claim_run_refuses_a_run_whose_dataset_has_another_label(run, config_of, begin, relabelled):
    begin(run, config_of())
    with pytest.raises(DatasetError, match=r"another label: 1 \(.* now\).*--retrain-changed"):
        claim_run(run, config_of(), relabelled)
    assert run.is_finished


def test_claim_run_begins_a_changed_run_again_on_request(run, config_of, begin, relabelled):
    begin(run, config_of())
    (run.path / "notes.txt").touch()
    assert not claim_run(run, config_of(), relabelled, retrain_changed=True)
    assert {path.name for path in run.path.iterdir()} == {
        "config.json",
        "notes.txt",
        "splits.csv",
        "splits.json",
    }


def test_claim_run_resumes_an_unchanged_run_although_it_may_retrain(run, config_of, begin, claim):
    begin(run, config_of())
    assert claim(run, config_of(), retrain_changed=True)
    assert run.is_finished
