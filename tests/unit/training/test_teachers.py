from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest
import torch

from ferfusion.bundle import Bundle, load_bundle, save_bundle
from ferfusion.compute import Compute
from ferfusion.errors import BundleError, ConfigError
from ferfusion.evaluation.training_summary import TrainingSummary
from ferfusion.files import read_json, write_json
from ferfusion.models.build import build_model
from ferfusion.preparation.identity import dataset_identity
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.splits.split import parts_hash
from ferfusion.training.build import make_data, open_parts
from ferfusion.training.job import TrainJob
from ferfusion.training.recipe import TrainRecipe
from ferfusion.training.teachers import (
    kept_shares,
    load_teachers,
    mirrored_probabilities,
    shares_file,
    softened,
    taught_shares,
)
from helpers.trainings import (
    STILLS_MODEL,
    STILLS_RECIPE,
    KillAt,
    KilledError,
    different_weights,
    open_reader,
    train,
)

CONSTANT = (0.4, 0.3, 0.1, 0.1, 0.05, 0.03, 0.02)
OTHER = CONSTANT[::-1]


@pytest.fixture
def opened(voted):
    return open_parts(TrainJob(voted, voted / "run", STILLS_MODEL, STILLS_RECIPE))


@pytest.fixture
def teacher(opened, tmp_path):
    """A function that writes a teacher of the dataset, which answers the same for each image if told so."""
    source, pairs = opened

    def write(name="teacher", *, answer=None, **training):
        model = build_model(STILLS_MODEL, 7, seed=3)
        if answer is not None:
            torch.nn.init.zeros_(model.heads[0].dense3.weight)
            model.heads[0].dense3.bias.data = torch.tensor(answer).log()
        learned_from = TrainingSummary(
            dataset_identity=dataset_identity(source), split_hash=parts_hash(pairs.part_of_clip)
        )
        learned_from |= cast(TrainingSummary, training)
        bundle = Bundle(model.state_dict(), STILLS_MODEL, source.labels, source.recipe, learned_from, {}, "")
        save_bundle(tmp_path / f"{name}.safetensors", bundle)
        return str(tmp_path / f"{name}.safetensors")

    return write


def test_taught_shares_are_the_softened_mean_on_the_training_part_alone(opened, teacher, voted):
    source, pairs = opened
    teachers = load_teachers(f"{teacher(answer=CONSTANT)},{teacher('b', answer=OTHER)}", source, pairs)
    shares = taught_shares(teachers, pairs, open_reader(voted), temperature=2.0, device="cpu")
    roots = np.sqrt((np.array(CONSTANT) + np.array(OTHER)) / 2)
    rows = pairs.rows("train")
    assert shares[rows] == pytest.approx(np.tile(roots / roots.sum(), (len(rows), 1)), abs=1e-5)
    assert not shares[pairs.rows("validation")].any()
    assert not shares[pairs.rows("test")].any()


def test_mirrored_probabilities_are_the_mean_of_an_image_and_its_mirror_image(opened, teacher, voted):
    _, pairs = opened
    bundle, reader = load_bundle(Path(teacher())), open_reader(voted)
    rows = pairs.rows("validation")[:5]
    crops, _ = reader.gather(rows)
    faces = torch.as_tensor(np.asarray(crops)).permute(0, 3, 1, 2).float() / 255
    model, no_flow = bundle.build_model(), torch.zeros(5, 3, 48, 48)
    with torch.inference_mode():
        plain, mirrored = (model(each, no_flow).softmax(1) for each in (faces, faces.flip(3)))
    assert not torch.allclose(plain, mirrored, atol=1e-5)
    found = mirrored_probabilities(bundle, pairs, reader, rows, device="cpu")
    assert found == pytest.approx(((plain + mirrored) / 2).numpy(), abs=1e-5)


def test_softened_at_1_changes_nothing_and_a_class_without_a_share_gets_none():
    probabilities = np.array([[0.9, 0.1, 0.0]], np.float32)
    assert softened(probabilities, 1.0) == pytest.approx(probabilities)
    assert softened(probabilities, 2.0) == pytest.approx(np.array([[0.75, 0.25, 0.0]]))


@pytest.mark.parametrize(
    ("training", "message"),
    [
        ({"split_hash": "0"}, "has learned from another split than that of"),
        ({"dataset_identity": "0"}, "has learned from another dataset than that of"),
    ],
)
def test_load_teachers_refuses_one_that_may_have_learned_from_the_tested_part(
    opened, teacher, training, message
):
    with pytest.raises(ConfigError, match=message):
        load_teachers(teacher(**training), *opened)


def test_load_teachers_refuses_one_of_another_size(opened, teacher):
    source, pairs = opened
    with pytest.raises(BundleError, match="prepared in another way"):
        load_teachers(teacher(), replace(source, recipe=PrepareRecipe(size=64)), pairs)


def test_load_teachers_names_a_missing_one(opened):
    with pytest.raises(BundleError, match=r"lost\.safetensors"):
        load_teachers("lost.safetensors", *opened)


def test_a_training_with_teachers_resumes_to_the_same_weights_and_refuses_others(voted, teacher, tmp_path):
    recipe = replace(STILLS_RECIPE, teachers=teacher(answer=CONSTANT), mixup=0.2)
    run = train(voted, tmp_path / "whole", model=STILLS_MODEL, recipe=recipe)
    with pytest.raises(KilledError):
        train(voted, tmp_path / "run", model=STILLS_MODEL, recipe=recipe, callbacks=[KillAt(1)])
    train(voted, tmp_path / "run", model=STILLS_MODEL, recipe=recipe)
    assert not different_weights(*(tmp_path / name / "bundle.safetensors" for name in ("whole", "run")))
    assert len(read_json(run.config_file)["start"]["teachers_sha256"]) == 64
    other = replace(recipe, teachers=teacher("b", answer=OTHER))
    with pytest.raises(ConfigError, match="teachers_sha256 is"):
        train(voted, tmp_path / "run", model=STILLS_MODEL, recipe=other)


def test_make_data_has_the_answers_of_the_teachers_for_each_row(voted, teacher, tmp_path):
    recipe = replace(STILLS_RECIPE, teachers=teacher(), teacher_temperature=3.0)
    job = TrainJob(voted, tmp_path / "run", STILLS_MODEL, recipe, Compute("cpu"))
    source, pairs = open_parts(job)
    teachers = load_teachers(recipe.teachers, source, pairs)
    shares = taught_shares(teachers, pairs, open_reader(voted), temperature=3.0, device="cpu")
    for batch in make_data(job, source, pairs).train_dataloader():
        assert torch.equal(batch.taught, torch.from_numpy(shares[batch.rows]))


def test_kept_shares_are_read_again_unless_teachers_or_temperature_are_others(voted, teacher, tmp_path):
    first, other, reader = teacher(answer=CONSTANT), teacher("b", answer=OTHER), open_reader(voted)

    def shares(teachers, temperature):
        recipe = replace(STILLS_RECIPE, teachers=teachers, teacher_temperature=temperature)
        job = TrainJob(voted, tmp_path / "run", STILLS_MODEL, recipe, Compute("cpu"))
        source, pairs = open_parts(job)
        found = kept_shares(job, source, pairs, reader)
        return None if found is None else found[pairs.rows("train")[0]]

    assert shares("", 1.0) is None
    assert not shares_file(tmp_path / "run").exists()
    assert shares(first, 1.0) == pytest.approx(CONSTANT, abs=1e-5)
    written = shares_file(tmp_path / "run").stat().st_mtime_ns
    assert shares(first, 1.0) == pytest.approx(CONSTANT, abs=1e-5)
    assert shares_file(tmp_path / "run").stat().st_mtime_ns == written
    assert shares(other, 1.0) == pytest.approx(OTHER, abs=1e-5)
    assert shares(other, 2.0) == pytest.approx(softened(np.array([OTHER]), 2.0)[0], abs=1e-5)
    shares_file(tmp_path / "run").write_bytes(b"damaged")
    assert shares(other, 1.0) == pytest.approx(OTHER, abs=1e-5)


def test_a_run_of_an_earlier_version_has_the_defaults_of_new_settings(voted, tmp_path):
    recipe = replace(STILLS_RECIPE, epochs=1)
    train(voted, tmp_path / "run", model=STILLS_MODEL, recipe=recipe)
    config = read_json(tmp_path / "run" / "config.json")
    del config["recipe"]["teachers"], config["recipe"]["teacher_weight"]
    write_json(tmp_path / "run" / "config.json", config)
    assert train(voted, tmp_path / "run", model=STILLS_MODEL, recipe=recipe).is_finished
    with pytest.raises(ConfigError, match="teacher_weight is 1"):
        train(voted, tmp_path / "run", model=STILLS_MODEL, recipe=replace(recipe, teacher_weight=2.0))


@pytest.mark.parametrize("settings", [{"imbalance": "smote"}, {"shuffle_labels": True}])
def test_teachers_do_not_go_with_targets_that_they_do_not_see(settings):
    with pytest.raises(ConfigError, match="teachers"):
        TrainRecipe(teachers="t", **settings)
