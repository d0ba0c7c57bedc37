"""Training of the report's reference system [1], step by step: two streams, a deep belief network, an SVM.

Validation chooses the epoch of each stream, and how long the deep belief network is fine-tuned.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ferfusion.bundle import load_bundle
from ferfusion.compute import torch_device
from ferfusion.data.batches import Batch
from ferfusion.data.pairs import PartedPairs
from ferfusion.errors import DatasetError
from ferfusion.models.bases import ExpressionModel
from ferfusion.models.build import build_model
from ferfusion.models.encoder_streams import STREAM_SUFFIX
from ferfusion.models.hybrid import Hybrid
from ferfusion.parts import Part
from ferfusion.training.build import codes_to_learn
from ferfusion.training.loop.checkpoints import Announce, write_metrics
from ferfusion.training.loop.epoch_metrics import EpochMetrics, EpochRow
from ferfusion.training.loop.recipe import MONITORS
from ferfusion.training.open_job import OpenJob
from ferfusion.training.recipe import TrainRecipe
from ferfusion.training.staged.dbn import fine_tune, pretrain
from ferfusion.training.staged.segments import Segments, group_means, part_segments
from ferfusion.training.staged.svm import fit_svm

_TUNED = ("dbn.", "svm.")
"""Prefixes of the weights that change while the deep belief network is fine-tuned."""


@dataclass(frozen=True)
class SegmentInputs:
    """The inputs of the deep belief network and of the SVM for one part.

    Attributes:
        segments: Its segments and videos.
        embeddings: The mean embedding of each segment's pairs (M, 2 * head_units).
    """

    segments: Segments
    embeddings: Tensor


def train_hybrid(opened: OpenJob) -> Hybrid:
    """Train the whole system, write ``metrics.csv``, and return the model of the best epoch.

    Its epochs are those of the fine-tuning of the deep belief network. After each, the SVM is fitted again
    and the system is scored. The seconds of the first epoch include everything before it, also the streams.

    Raises:
        DatasetError: the training part has one class only.
    """
    job, pairs, data = opened.job, opened.pairs, opened.data
    learned = codes_to_learn(job.recipe, pairs)
    if len(np.unique(learned[pairs.rows("train")])) < 2:
        raise DatasetError("The training part has one class only, and an SVM needs two; split again")
    model = build_model(job.model_config, len(pairs.labels), seed=job.recipe.seed)
    assert isinstance(model, Hybrid)
    seconds, started = _train_streams(model, opened), time.perf_counter()
    model.to(torch_device(job.compute.device))
    codes_of_part: dict[Part, npt.NDArray[np.int64]] = {"train": learned, "validation": pairs.codes}
    train, validation = (
        read_part(model, data.batches(part), part_segments(pairs, part=part, codes=codes))
        for part, codes in codes_of_part.items()
    )
    opened.say("The deep belief network:")
    for line in pretrain(model.dbn, train.embeddings, recipe=job.recipe):
        opened.say(line)
    seconds += time.perf_counter() - started
    announce = partial(opened.progress().print_epoch, epochs=job.recipe.dbn_epochs)
    rows = _fine_tune(model, train, validation, recipe=job.recipe, seconds=seconds, announce=announce)
    write_metrics(opened.run.metrics_file, rows)
    return model


def predict_videos(
    model: ExpressionModel, batches: Iterable[Batch], pairs: PartedPairs, *, part: Part
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Return the rows of a part, and for each the probabilities of its whole video (rows, C).

    Args:
        model: The model.
        batches: The part's batches.
        pairs: All pairs, each with its part and video.
        part: The part.
    """
    assert isinstance(model, Hybrid)
    segments = part_segments(pairs, part=part, codes=pairs.codes)
    probabilities = decision_values(model, read_part(model, batches, segments)).softmax(1)
    return segments.rows, probabilities.cpu().numpy()[segments.video_of_row]


@torch.no_grad()
def read_part(model: Hybrid, batches: Iterable[Batch], segments: Segments) -> SegmentInputs:
    """Embed all pairs of a part, and average over each segment."""
    model.eval()
    device = next(model.parameters()).device
    num_segments = len(segments.video_of_segment)
    sums = torch.zeros(num_segments, model.dbn.in_features, device=device)
    for batch in batches:
        place = np.searchsorted(segments.rows, batch.rows.numpy())
        segment_of_pair = torch.from_numpy(segments.segment_of_row[place]).to(device)
        sums.index_add_(0, segment_of_pair, model.embed(batch.spatial.to(device), batch.flow.to(device)))
    pairs_of_segment = torch.from_numpy(np.bincount(segments.segment_of_row)).to(sums)
    return SegmentInputs(segments, sums / pairs_of_segment.unsqueeze(1))


@torch.no_grad()
def video_features(model: Hybrid, part: SegmentInputs) -> Tensor:
    """Return the mean over each video's segments of the deep belief network's last layer (V, F)."""
    return group_means(model.dbn(part.embeddings), part.segments.video_of_segment)


@torch.no_grad()
def decision_values(model: Hybrid, part: SegmentInputs) -> Tensor:
    """Return the decision values of the SVM on each video (V, C)."""
    values: Tensor = model.svm(video_features(model, part))
    return values


def _train_streams(model: Hybrid, opened: OpenJob) -> float:
    """Train each stream in a run folder of its own, and take its weights; return the seconds of training."""
    job, seconds = opened.job, 0.0
    for name in model.names:
        opened.say(f"The {name} stream:")
        stage = opened.train_stage(
            job.run / name,
            model_config=replace(job.model_config, architecture=name),
            recipe=_recipe_of_stream(job.recipe, name),
        )
        model.take_stream(name, load_bundle(stage.bundle_file).weights)
        seconds += stage.seconds
    return seconds


def _recipe_of_stream(recipe: TrainRecipe, name: str) -> TrainRecipe:
    """Return the recipe of one stream: it starts from the bundle only if that has a stream of its name."""
    if not recipe.start_from:
        return recipe
    theirs = load_bundle(Path(recipe.start_from)).weights
    found = any(key.startswith(name + STREAM_SUFFIX) for key in theirs)
    return recipe if found else replace(recipe, start_from="")


def _fine_tune(
    model: Hybrid,
    train: SegmentInputs,
    validation: SegmentInputs,
    *,
    recipe: TrainRecipe,
    seconds: float,
    announce: Announce,
) -> list[EpochRow]:
    """Fine-tune to the best epoch on validation, and return a row per epoch; ``seconds`` go to the first."""
    rows: list[EpochRow] = []
    best_score, best_state = float("-inf"), dict[str, Tensor]()
    started = time.perf_counter()
    for _ in fine_tune(
        model.dbn,
        train.embeddings,
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


def _set_svm(model: Hybrid, train: SegmentInputs, *, recipe: TrainRecipe) -> None:
    weight, bias = fit_svm(
        video_features(model, train),
        train.segments.code_of_video,
        num_classes=model.svm.out_features,
        c=recipe.svm_c,
        balanced=recipe.imbalance == "class-weights",
        seed=recipe.seed,
    )
    model.svm.load_state_dict({"weight": weight, "bias": bias})


def _metrics(model: Hybrid, part: SegmentInputs, prefix: str) -> dict[str, float]:
    """Return loss, WAR and UAR over a part's pairs, each with the decision values of its video."""
    segments = part.segments
    values = decision_values(model, part)[torch.from_numpy(segments.video_of_row)]
    codes = torch.from_numpy(segments.code_of_video[segments.video_of_row]).to(values.device)
    metrics = EpochMetrics.empty(values.shape[1], values.device)
    metrics.add(values, codes)
    return metrics.metrics(prefix)
