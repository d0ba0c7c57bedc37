"""A GPU beside the processor: training, prediction, memory, and whether both give the same probabilities.

Training is the loop of `ferfusion train` on the sample corpus, which the GPU's memory holds: pairs are
gathered, augmented, encoded and trained on, with the epoch's metrics. An epoch ends when the GPU has finished
it. Prediction is `predict_video` with the model of the package. Each table is printed as soon as it is there,
and what does not fit into --limit-seconds is left out.

    python benchmarks/gpu.py [--device cuda|cpu] [--pairs 4096] [--seconds 60] [--limit-seconds 450]

With --device cpu all is measured on the processor, to try the script. Without a GPU it prints one line.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from io import TextIOWrapper
from pathlib import Path

import numpy as np
import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint
from numpy.typing import NDArray

from common import header, print_table, sample_clips
from ferfusion.bundle import Bundle
from ferfusion.compute import Compute
from ferfusion.data.clips import PairReader
from ferfusion.data.pairs import PartedPairs
from ferfusion.data.resident import resident_if_it_fits
from ferfusion.inference.measure import predict_rows
from ferfusion.inference.predict_video import predict_video
from ferfusion.inference.predictor import Predictor, TorchPredictor, load_predictor, torch_predictor
from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from ferfusion.preparation.dataset import Dataset
from ferfusion.training.build import make_data, make_training, open_parts
from ferfusion.training.job import TrainJob
from ferfusion.training.loop.trainer import fit
from ferfusion.training.recipe import TrainRecipe
from predict import looped
from train import sample_dataset, some_pairs

WANTED_DIFFERENCE = 1e-3
WARM_UP = 2
"""Epochs that are not counted; a compiled model is compiled in the first."""
FACES = 2048
"""Faces of a measurement of the model alone."""
MIB = 2**20
TRAINING_HEAD = ("model", "device", "precision", "batch", "samples/s", "all epochs", "peak MiB of the GPU")


@dataclass(frozen=True)
class Way:
    """A way to train.

    Attributes:
        stream: Both streams of the model.
        device: Where it trains.
        precision: Precision of the layers.
        batch: Pairs of a batch.
        compiled: Whether the model is compiled by torch.
    """

    stream: str
    device: str
    precision: str
    batch: int
    compiled: bool = False

    @property
    def cells(self) -> tuple[object, ...]:
        """The first cells of the way's row."""
        return self.stream, self.device, self.precision + ", compiled" * self.compiled, self.batch


@dataclass(frozen=True)
class Bench:
    """What every measurement needs.

    Attributes:
        folder: For temporary files.
        dataset: The prepared and split sample corpus.
        device: The device under test.
        pairs: Pairs of an epoch.
        rounds: Epochs, or calls, that count.
        ends_at: The time by the monotonic clock after which no measurement begins.
    """

    folder: Path
    dataset: Path
    device: str
    pairs: int
    rounds: int
    ends_at: float

    def in_time(self, what: str) -> bool:
        """Return whether there is time for a measurement; if not, print that it is left out."""
        if time.monotonic() < self.ends_at:
            return True
        print(f"\nLeft out, because the time is over: {what}")
        return False

    def job(self, way: Way) -> TrainJob:
        """Return the training of a way."""
        recipe = TrainRecipe(batch_size=way.batch, epochs=WARM_UP + self.rounds, learning_rate=1e-4)
        model = ModelConfig(stream=way.stream)
        return TrainJob(
            self.dataset, self.folder / "run", model, recipe, Compute(way.device, precision=way.precision)
        )

    def parts(self, job: TrainJob) -> tuple[Dataset, PartedPairs]:
        """Return the dataset, with so many pairs that all batches are full."""
        source, pairs = open_parts(job)
        batch = job.recipe.batch_size
        train = min(self.pairs, len(pairs.rows("train"))) // batch * batch
        return source, some_pairs(pairs, train=train or batch, validation=batch)


class TimedEpochs(Checkpoint):
    """Times the training of every epoch until the device has finished it.

    It is a Checkpoint because Lightning would add one of its own, which writes files.
    """

    def __init__(self, device: str) -> None:
        self.seconds: list[float] = []
        self._device = device

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        wait_for(self._device)
        self._started = time.perf_counter()

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        wait_for(self._device)
        self.seconds.append(time.perf_counter() - self._started)


def wait_for(device: str) -> None:
    """Wait until the device has finished."""
    if device == "cuda":
        torch.cuda.synchronize()


def forget_peak(device: str) -> None:
    """Begin a new measurement of the peak memory."""
    if device == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def peak(device: str) -> str:
    """Return the peak memory of tensors on the GPU in MiB; nothing for the processor."""
    return f"{torch.cuda.max_memory_allocated() / MIB:.0f}" if device == "cuda" else ""


def rates(count: int, seconds: Sequence[float]) -> tuple[str, str]:
    """Return the median of a count a second, and its range."""
    found = [count / each for each in seconds]
    return f"{statistics.median(found):.0f}", f"{min(found):.0f} to {max(found):.0f}"


def train_row(bench: Bench, way: Way) -> tuple[tuple[object, ...], Bundle]:
    """Train in one way; return its row, and its model."""
    job = bench.job(way)
    source, pairs = bench.parts(job)
    data, model = make_data(job, source, pairs), build_model(job.model_config, len(source.labels))
    training, timed = make_training(job, model, data, pairs), TimedEpochs(way.device)
    if way.compiled:
        torch.compiler.reset()
        model.compile()
    forget_peak(way.device)
    fit(job, training, data, callbacks=[timed], checkpoint=bench.folder / "none")
    counted = timed.seconds[WARM_UP:]
    row = (*way.cells, *rates(len(pairs.rows("train")), counted), peak(way.device))
    weights = {name: tensor.cpu() for name, tensor in model.state_dict().items()}
    return row, Bundle(weights, job.model_config, source.labels, source.recipe, {}, {}, "none")


def report_training(bench: Bench, ways: Sequence[Way]) -> Bundle | None:
    """Print the samples a second of some ways; return the model of the first."""
    rows, bundles = [], []
    for way in ways:
        if not bench.in_time(f"training, {', '.join(map(str, way.cells))}"):
            break
        try:
            row, bundle = train_row(bench, way)
        except (RuntimeError, ImportError) as error:
            if not way.compiled:
                raise
            # torch.compile needs a compiler of the host
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            row, bundle = (*way.cells, "does not compile", reason[:60], ""), None
        rows.append(row)
        bundles.append(bundle)
    if rows:
        print("\nTraining, the whole loop")
        print_table(TRAINING_HEAD, rows)
    return bundles[0] if bundles else None


def report_batches(bench: Bench) -> None:
    """Print how fast the batches alone are made, with the dataset on the device and on the host."""
    if not bench.in_time("batches alone"):
        return
    rows = []
    for where in dict.fromkeys((bench.device, "cpu")):
        job = bench.job(Way("listing", bench.device, "32-true", 64))
        source, pairs = bench.parts(job)
        data = make_data(job, source, pairs)
        assert isinstance(data._reader, PairReader)
        data._reader = resident_if_it_fits(data._reader, torch.device(where))  # as its setup does
        batches = data.train_dataloader()
        seconds = [timed(partial(list, batches), bench.device) for _ in range(bench.rounds + 1)]
        rows.append((where, 64, *rates(len(pairs.rows("train")), seconds[1:])))
    print("\nBatches alone, with augmentation")
    print_table(("dataset and batches on", "batch", "samples/s", "all rounds"), rows)


def timed(call: Callable[[], object], device: str) -> float:
    """Return the seconds of a call, until the device has finished."""
    wait_for(device)
    started = time.perf_counter()
    call()
    wait_for(device)
    return time.perf_counter() - started


def report_prediction(bench: Bench, *, seconds: float) -> None:
    """Print the frames a second of predictions of a video, on the device and on the processor."""
    if not bench.in_time("prediction"):
        return
    frames = round(25 * seconds)
    video = looped(sample_clips()[0], bench.folder / "video.mp4", frames=frames)
    rows = []
    for device in dict.fromkeys((bench.device, "cpu")):
        predictor = load_predictor(device=device)
        for annotate in (False, True):
            predict = partial(predict_video, video, predictor, bench.folder / "prediction", annotate=annotate)
            predict()
            forget_peak(device)
            found = [timed(predict, device) for _ in range(2)]
            rows.append((device, "yes" if annotate else "no", *rates(frames, found), peak(device)))
    print(f"\nPrediction of {frames} frames of 320 x 240 by the model of the package")
    print_table(("device", "annotated video", "frames/s", "all rounds", "peak MiB of the GPU"), rows)


def report_model_alone(bench: Bench) -> None:
    """Print the faces a second of the model of the package, without video and detector."""
    if not bench.in_time("the model alone"):
        return
    rows = []
    rng = np.random.default_rng(0)
    for device in dict.fromkeys((bench.device, "cpu")):
        predictor = load_predictor(device=device)
        side = predictor.info.prepare_recipe.size
        crops = rng.integers(0, 256, (FACES, side, side, 3), np.uint8)
        flow = rng.normal(size=(FACES, 2, side, side)).astype(np.float16)
        for batch in (1, 64, 256):
            count = min(FACES, 64 * batch)
            predict = partial(
                predict_faces,
                predictor,
                crops[:count],
                flow[:count] if predictor.info.reads_flow else None,
                batch,
            )
            found = [timed(predict, device) for _ in range(bench.rounds + 1)][1:]
            rows.append((device, batch, *rates(count, found)))
    print("\nThe model of the package alone")
    print_table(("device", "faces of a call", "faces/s", "all rounds"), rows)


def predict_faces(
    predictor: Predictor, crops: NDArray[np.uint8], flow: NDArray[np.float16] | None, batch: int
) -> None:
    """Predict faces in calls of so many."""
    for start in range(0, len(crops), batch):
        rows = slice(start, start + batch)
        predictor.predict(crops[rows], None if flow is None else flow[rows])


def report_agreement(bench: Bench, name: str, make: Callable[[str], TorchPredictor]) -> None:
    """Print the differences between the probabilities on the device and on the processor, on all pairs."""
    if not bench.in_time(f"agreement of {name}"):
        return
    source, _ = open_parts(bench.job(Way("listing", "cpu", "32-true", 64)))
    rows = source.pairs.iloc[: max(bench.pairs, 1)]
    here, there = (predict_rows(make(device), source, rows) for device in ("cpu", bench.device))
    print(f"\nAgreement of {bench.device} with cpu: {name}")
    print_table(
        ("pairs", "largest difference of a probability", "mean", "other top class", "wanted at most"),
        [(len(rows), *differences(here, there), f"{WANTED_DIFFERENCE:g}")],
    )


def differences(here: NDArray[np.float64], there: NDArray[np.float64]) -> tuple[str, str, int]:
    """Return the largest and the mean difference of probabilities, and the number of other top classes."""
    apart = np.abs(here - there)
    return f"{apart.max():.2e}", f"{apart.mean():.2e}", int((here.argmax(1) != there.argmax(1)).sum())


def shipped(device: str) -> TorchPredictor:
    """Return the model of the package on a device."""
    predictor = load_predictor(device=device)
    assert isinstance(predictor, TorchPredictor)
    return predictor


def device_line(device: str) -> str:
    """Return the versions of torch, and the name and memory of the GPU."""
    if device == "cpu":
        return f"torch {torch.__version__}, {torch.get_num_threads()} threads, no GPU is used"
    properties = torch.cuda.get_device_properties(0)
    return (
        f"torch {torch.__version__} for CUDA {torch.version.cuda}, "
        f"{properties.name} with {properties.total_memory / 2**30:.0f} GiB"
    )


def run(bench: Bench, *, seconds: float) -> None:
    """Print all tables, the most wanted first."""
    device = bench.device
    report_agreement(bench, "the model of the package", shipped)
    eager = [Way("listing", device, precision, 64) for precision in ("32-true", "bf16-mixed")]
    trained = report_training(bench, eager)
    if trained is not None:
        bundle = trained
        report_agreement(
            bench, "a two-stream model, trained", lambda device: torch_predictor(bundle, device=device)
        )
    report_prediction(bench, seconds=seconds)
    report_training(bench, [replace(way, compiled=True) for way in eager])
    report_batches(bench)
    report_model_alone(bench)
    report_training(bench, [replace(way, batch=512) for way in eager])
    report_training(bench, [replace(way, stream="residual") for way in eager])
    if device != "cpu":
        report_training(bench, [Way("listing", "cpu", "32-true", 64)])


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--pairs", type=int, default=4096, help="pairs of an epoch, at most")
    parser.add_argument("--rounds", type=int, default=10, help="epochs and calls that count")
    parser.add_argument("--seconds", type=float, default=60, help="length of the predicted video")
    parser.add_argument(
        "--limit-seconds", type=float, default=450, help="no measurement begins after this time"
    )
    return parser.parse_args()


def main() -> None:
    """Run the benchmark and print its tables."""
    began, chosen = time.monotonic(), options()
    if chosen.device == "cuda" and not torch.cuda.is_available():
        print("There is no CUDA GPU; try this script with --device cpu")
        return
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # a killed run loses no table
    print(header())
    print(device_line(chosen.device))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        dataset = sample_dataset(folder / "dataset")
        print(f"The sample corpus was prepared in {time.monotonic() - began:.0f} s")
        bench = Bench(
            folder, dataset, chosen.device, chosen.pairs, chosen.rounds, began + chosen.limit_seconds
        )
        run(bench, seconds=chosen.seconds)
    print(f"\nAll took {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
