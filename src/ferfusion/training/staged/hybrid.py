"""Training of the report's reference system [1], step by step: two streams, a deep belief network, an SVM.

Validation chooses the epoch of each stream, and how long the deep belief network is fine-tuned.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from ferfusion.bundle import load_bundle
from ferfusion.compute import torch_device
from ferfusion.data.batches import Batch
from ferfusion.data.datamodule import PairDataModule
from ferfusion.data.pairs import PartedPairs
from ferfusion.errors import DatasetError
from ferfusion.files import write_text
from ferfusion.models.encoder_streams import STREAM_SUFFIX
from ferfusion.models.hybrid import Hybrid
from ferfusion.models.zoo import build_model
from ferfusion.training.build import codes_to_learn
from ferfusion.training.job import TrainJob
from ferfusion.training.loop.checkpoints import METRIC_COLUMNS, Announce
from ferfusion.training.loop.epoch_metrics import Tally
from ferfusion.training.recipe import MONITORS, TrainRecipe
from ferfusion.training.run_config import RunResult
from ferfusion.training.staged.dbn import fine_tune, pretrain
from ferfusion.training.staged.segments import Segments, group_means, part_segments
from ferfusion.training.staged.svm import fit_svm

TrainStream = Callable[..., RunResult]
"""Called with a run folder, ``model_config`` and ``recipe``; trains one stream, or finds it trained."""
Tell = Callable[[str], None]
"""Called with a line about a step of the training."""
Row = dict[str, float]
_TUNED = ("dbn.", "svm.")
"""How the names of the weights begin that change while the deep belief network is fine-tuned."""


@dataclass(frozen=True)
class Part:
    """A part as the steps above the streams see it.

    Attributes:
        segments: Its segments and videos.
        joined: Of each segment, the mean over its pairs of what the streams make of them (M, 2 * head_units).
    """

    segments: Segments
    joined: Tensor


def train_hybrid(
    job: TrainJob,
    data: PairDataModule,
    pairs: PartedPairs,
    *,
    train_stream: TrainStream,
    announce: Announce,
    tell: Tell,
) -> Hybrid:
    """Train the whole system, write ``metrics.csv``, and return the model of the best epoch.

    An epoch is one of the deep belief network's fine-tuning; after each, the SVM is fitted anew and the
    system is scored. The seconds of the first count what went before it too, the streams included.

    Raises:
        DatasetError: the training part has one class only.
    """
    learned = codes_to_learn(job.recipe, pairs)
    if len(np.unique(learned[pairs.rows("train")])) < 2:
        raise DatasetError("The training part has one class only, and an SVM divides two; split anew")
    model = build_model(job.model_config, len(pairs.labels), seed=job.recipe.seed)
    assert isinstance(model, Hybrid)
    seconds, started = _train_streams(model, job, train_stream, tell), time.perf_counter()
    model.to(torch_device(job.compute.device))
    train, validation = (
        read_part(model, data.batches(part), part_segments(pairs, part=part, codes=codes))
        for part, codes in (("train", learned), ("validation", pairs.codes))
    )
    tell("The deep belief network:")
    for line in pretrain(model.dbn, train.joined, recipe=job.recipe):
        tell(line)
    seconds += time.perf_counter() - started
    rows = _fine_tune(model, train, validation, recipe=job.recipe, seconds=seconds, announce=announce)
    table = pd.DataFrame(rows, columns=list(METRIC_COLUMNS))
    write_text(job.run / "metrics.csv", table.to_csv(index=False, float_format="%.9g"))
    return model


def video_probabilities(
    model: Hybrid, batches: Iterable[Batch], pairs: PartedPairs, *, part: str
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Return the rows of a part, and for each the answer on its whole video: probabilities (rows, C)."""
    segments = part_segments(pairs, part=part, codes=pairs.codes)
    answers = decision_values(model, read_part(model, batches, segments)).softmax(1)
    return segments.rows, answers.cpu().numpy()[segments.video_of_row]


@torch.no_grad()
def read_part(model: Hybrid, batches: Iterable[Batch], segments: Segments) -> Part:
    """Show all pairs of a part to the streams, and average over each segment."""
    model.eval()
    device = next(model.parameters()).device
    num_segments = len(segments.video_of_segment)
    joined = torch.zeros(num_segments, model.dbn.in_features, device=device)
    for batch in batches:
        place = np.searchsorted(segments.rows, batch.rows.numpy())
        segment_of_pair = torch.from_numpy(segments.segment_of_row[place]).to(device)
        joined.index_add_(0, segment_of_pair, model.join(batch.spatial.to(device), batch.flow.to(device)))
    pairs_of_segment = torch.from_numpy(np.bincount(segments.segment_of_row)).to(joined)
    return Part(segments, joined / pairs_of_segment.unsqueeze(1))


@torch.no_grad()
def video_features(model: Hybrid, part: Part) -> Tensor:
    """Return the mean over each video's segments of the deep belief network's last layer (V, F)."""
    return group_means(model.dbn(part.joined), part.segments.video_of_segment)


@torch.no_grad()
def decision_values(model: Hybrid, part: Part) -> Tensor:
    """Return the decision values of the SVM on each video (V, C)."""
    values: Tensor = model.svm(video_features(model, part))
    return values


def _train_streams(model: Hybrid, job: TrainJob, train_stream: TrainStream, tell: Tell) -> float:
    """Train each stream alone, in a run folder of its own, and take it; return the seconds that it took."""
    seconds = 0.0
    for name in model.names:
        tell(f"The {name} stream:")
        result = train_stream(
            job.run / name,
            model_config=replace(job.model_config, architecture=name),
            recipe=_recipe_of_stream(job.recipe, name),
        )
        model.take_stream(name, load_bundle(result.run / "bundle.safetensors").weights)
        seconds += result.seconds
    return seconds


def _recipe_of_stream(recipe: TrainRecipe, name: str) -> TrainRecipe:
    """Return the recipe of one stream; it starts from a bundle only if that has a stream of its name."""
    if not recipe.start_from:
        return recipe
    theirs = load_bundle(Path(recipe.start_from)).weights
    found = any(key.startswith(name + STREAM_SUFFIX) for key in theirs)
    return recipe if found else replace(recipe, start_from="")


def _fine_tune(
    model: Hybrid, train: Part, validation: Part, *, recipe: TrainRecipe, seconds: float, announce: Announce
) -> list[Row]:
    """Fine-tune to the best epoch on validation, and return a row per epoch; ``seconds`` go to the first."""
    rows: list[Row] = []
    best_score, best_state = float("-inf"), dict[str, Tensor]()
    started = time.perf_counter()
    for _ in fine_tune(
        model.dbn,
        train.joined,
        train.segments.code_of_segment,
        num_classes=model.svm.out_features,
        recipe=recipe,
    ):
        _set_svm(model, train, recipe=recipe)
        metrics = {**_metrics(model, train, "train"), **_metrics(model, validation, "val")}
        seconds += time.perf_counter() - started
        rows.append({"epoch": len(rows) + 1, "lr": recipe.dbn_learning_rate, **metrics, "seconds": seconds})
        seconds, started = 0.0, time.perf_counter()
        score = MONITORS[recipe.monitor] * rows[-1][recipe.monitor]
        announce(rows[-1], is_best=score > best_score)
        if score > best_score:
            best_score = score
            best_state = {
                name: value.clone() for name, value in model.state_dict().items() if name.startswith(_TUNED)
            }
    model.load_state_dict(best_state, strict=False)
    return rows


def _set_svm(model: Hybrid, train: Part, *, recipe: TrainRecipe) -> None:
    weight, bias = fit_svm(
        video_features(model, train),
        train.segments.code_of_video,
        num_classes=model.svm.out_features,
        c=recipe.svm_c,
        balanced=recipe.imbalance == "class-weights",
        seed=recipe.seed,
    )
    model.svm.load_state_dict({"weight": weight, "bias": bias})


def _metrics(model: Hybrid, part: Part, prefix: str) -> Row:
    """Return loss, WAR and UAR over a part's pairs, each with the answer on its video."""
    segments = part.segments
    values = decision_values(model, part)[torch.from_numpy(segments.video_of_row)]
    codes = torch.from_numpy(segments.code_of_video[segments.video_of_row]).to(values.device)
    tally = Tally.empty(values.shape[1], values.device)
    tally.add(values, codes)
    return tally.metrics(prefix)
