"""A CUDA GPU trains, resumes, predicts and explains as the processor does.

The tests are functions of the device: most also run on the processor, so that their code is known to run.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from ferfusion.bundle import Bundle
from ferfusion.compute import Compute
from ferfusion.data.action_curves import CURVE_COLUMNS
from ferfusion.data.batches import Draws, PairBatches
from ferfusion.data.clips import PairReader
from ferfusion.data.recipe import Augmentation
from ferfusion.data.resident import ResidentPairs, resident_if_it_fits
from ferfusion.data.row_order import Shuffled
from ferfusion.explanation.cam import CAM_METHODS, class_maps
from ferfusion.explanation.contributions import blank_images, stream_contributions
from ferfusion.inference.predictor import load_predictor, torch_predictor
from ferfusion.label_set import SIX
from ferfusion.models.architectures import ARCHITECTURES
from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.training.train import train_run
from helpers.datasets import write_dataset
from helpers.trainings import MODEL, SHORT, KillAt, KilledError, open_reader

AGREES = 1e-3
"""Largest difference of a probability between a GPU and the processor."""
CUDA = pytest.param("cuda", marks=pytest.mark.gpu)
on_each_device = pytest.mark.parametrize("device", ["cpu", CUDA], indirect=True)
on_a_gpu = pytest.mark.parametrize("device", [CUDA], indirect=True)


@pytest.fixture
def device(request):
    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip("no CUDA GPU")
    return request.param


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("data") / "dataset", subjects=3, frames=3)


@pytest.fixture
def reader(dataset):
    return open_reader(dataset)


def train_on(device, dataset, run, *, model=MODEL, recipe=SHORT, precision="32-true", **settings):
    compute = Compute(device, precision=precision)
    return train_run(dataset, run, model_config=model, recipe=recipe, compute=compute, **settings)


def drawn_bundle(**settings):
    config = ModelConfig(**settings)
    return Bundle(build_model(config, 6).state_dict(), config, SIX, PrepareRecipe(), {}, {}, "none")


def drawn_faces(predictor, *, count=8):
    """Random crops, their flow, and their windows or None, for a predictor."""
    rng = np.random.default_rng(0)
    info = predictor.info
    shape = (info.prepare_recipe.size, info.prepare_recipe.size)
    crops = rng.integers(0, 256, (count, *shape, 3), np.uint8)
    flow = rng.normal(0, 2, (count, 2, *shape)).astype(np.float32)
    if info.reads_actions:
        return crops, flow, rng.random((count, info.window, CURVE_COLUMNS), np.float32)
    windows = rng.integers(0, 256, (count, info.window, *shape, 3), np.uint8) if info.window else None
    return crops, flow, windows


def has_finite_losses(run):
    return bool(np.isfinite(run.epochs[["train_loss", "val_loss"]].to_numpy()).all())


def agrees_with_its_table(run, dataset):
    """Whether the processor, with the run's bundle, gives the probabilities of the run's test table."""
    table = pd.read_csv(run.predictions_file)
    predictor = load_predictor(run.path, device="cpu")
    reader = PairReader(dataset / "clips", list(table["clip"]), list(table["frame"]))
    found = predictor.predict(*reader.gather(np.arange(len(table))))
    written = table[list(SIX.probability_columns)].to_numpy()
    temperature = predictor.info.calibration.temperature
    logits = temperature * np.log(found)
    plain = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return bool(np.abs(plain - written).max() <= AGREES)


@on_each_device
def test_training_on_a_device_writes_a_bundle_that_the_processor_reads(device, dataset, tmp_path):
    run = train_on(device, dataset, tmp_path / "run")
    assert has_finite_losses(run)
    assert agrees_with_its_table(run, dataset)


@on_each_device
def test_training_in_bfloat16_has_finite_losses(device, dataset, tmp_path):
    run = train_on(device, dataset, tmp_path / "run", recipe=replace(SHORT, epochs=1), precision="bf16-mixed")
    assert has_finite_losses(run)


@on_each_device
def test_training_of_a_device_resumes_on_the_processor(device, dataset, tmp_path):
    with pytest.raises(KilledError):
        train_on(device, dataset, tmp_path / "run", callbacks=[KillAt(epoch=1)])
    first = pd.read_csv(tmp_path / "run" / "metrics.csv")
    resumed = train_on("cpu", dataset, tmp_path / "run")
    pd.testing.assert_frame_equal(resumed.epochs[:1], first)
    assert len(resumed.epochs) == SHORT.epochs
    assert has_finite_losses(resumed)


@on_a_gpu
@pytest.mark.parametrize(
    ("model", "recipe"),
    [
        (ModelConfig(architecture="hybrid"), replace(SHORT, epochs=1, dbn_epochs=1, rbm_epochs=1)),
        (MODEL, replace(SHORT, epochs=1, imbalance="smote")),
        (MODEL, replace(SHORT, epochs=1, imbalance="class-weights", weight_average=0.9, mixup=0.2)),
    ],
    ids=["hybrid", "smote", "average"],
)
def test_training_of_every_kind_has_finite_losses(device, model, recipe, dataset, tmp_path):
    assert has_finite_losses(train_on(device, dataset, tmp_path / "run", model=model, recipe=recipe))


@on_each_device
def test_shipped_model_on_a_device_predicts_as_on_the_processor(device):
    here, there = load_predictor(device="cpu"), load_predictor(device=device)
    faces = drawn_faces(here, count=32)
    assert np.abs(here.predict(*faces) - there.predict(*faces)).max() <= AGREES


@pytest.mark.parametrize(
    ("device", "architecture"),
    [("cpu", "two-stream"), *(pytest.param("cuda", name, marks=pytest.mark.gpu) for name in ARCHITECTURES)],
    indirect=["device"],
)
def test_model_on_a_device_predicts_and_explains_as_on_the_processor(device, architecture):
    bundle = drawn_bundle(architecture=architecture)
    here, there = (torch_predictor(bundle, device=each) for each in ("cpu", device))
    faces = drawn_faces(here)
    assert np.abs(here.predict(*faces) - there.predict(*faces)).max() <= AGREES
    found, expected = (
        each.explainer().explain(each.explainer().images(*faces), targets=torch.arange(8) % 6)
        for each in (there, here)
    )
    for one, other in zip(found, expected, strict=True):
        assert np.abs(one.probabilities - other.probabilities).max() <= AGREES
        for name, stream_map in one.maps.items():
            largest = max(other.maps[name].max(), 1e-6)
            np.testing.assert_allclose(stream_map / largest, other.maps[name] / largest, atol=0.01)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_model_and_its_maps_use_no_tensor_of_another_device(architecture):
    # meta refuses a tensor of the processor, as a GPU does
    config = ModelConfig(architecture=architecture)
    with torch.device("meta"):
        model = config.kind.make(config, 6).eval()
    faces = [torch.empty(2, 3, config.size, config.size, device="meta") for _ in range(2)]
    if config.window:
        faces.append(torch.empty(2, *config.window_shape, device="meta"))
    for method in CAM_METHODS:
        cam = class_maps(model, tuple(faces), method=method)
        assert all(cam.upsampled(name).device.type == "meta" for name in cam.maps)
    blank = tuple(image.to("meta") for image in blank_images(config))
    assert stream_contributions(model, tuple(faces), cam.targets, blank).answer.device.type == "meta"


@on_a_gpu
def test_dataset_in_a_gpu_gives_the_batches_of_the_processor(device, reader):
    resident = resident_if_it_fits(reader, torch.device(device))
    assert isinstance(resident, ResidentPairs)
    augmentation = Augmentation(rotate=10, random_erasing=0.5)
    expected, found = (
        PairBatches(
            source,
            Shuffled(np.arange(len(reader))),
            np.arange(len(reader)) % 6,
            batch_size=16,
            flow_encoding="uvm",
            draws=Draws(0, lambda: 0, augmentation),
        )
        for source in (reader, resident)
    )
    for one, other in zip(expected, found, strict=True):
        assert other.spatial.device.type == device
        torch.testing.assert_close(other.spatial.cpu(), one.spatial, atol=1e-3, rtol=0)
        torch.testing.assert_close(other.flow.cpu(), one.flow, atol=1e-3, rtol=0)
        assert (other.codes.cpu() == one.codes).all()
