"""Train the stream of facial actions on windows that are drawn as it learns."""

import time

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from curves import Variety, Windows, draw_windows
from ferfusion.evaluation.metrics import uar
from ferfusion.label_set import SEVEN
from ferfusion.models.bases import ExpressionModel
from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from noise import Noise

CONFIG = ModelConfig(architecture="actions", head_units=128)
CLIPS, PASSES, BATCH = 1500, 2, 128
"""Clips drawn at a time, how often they are learned, and windows of a batch."""
_RATE, _SMOOTHING = 2e-3, 0.05
STILLS_SHARE = 0.25
"""Photographs, as a share of the drawn windows."""


def train(
    noise: Noise,
    variety: Variety,
    *,
    gives: NDArray[np.bool_],
    stills: Windows | None,
    rounds: int,
    seed: int = 0,
) -> ExpressionModel:
    """Train for some rounds; each has clips of new people, and photographs beside them.

    The last weights are the result: no clip is seen in two rounds, so that nothing is learned by heart.

    Args:
        noise: What the estimator makes of the true actions.
        variety: How much people and clips differ.
        gives: (52,) whether the estimator gives each action.
        stills: Photographs, of which it learns to say nothing: what does not move is left to a network that
            reads the face.
        rounds: How many times clips are drawn.
        seed: Seed of all draws.
    """
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    model = build_model(CONFIG, len(SEVEN), seed=seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=_RATE, weight_decay=0.01)
    windows = 8 * CLIPS + (round(8 * CLIPS * STILLS_SHARE) if stills else 0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, _RATE, total_steps=rounds * PASSES * (windows // BATCH), pct_start=0.1
    )
    begin = time.perf_counter()
    for number in range(1, rounds + 1):
        groups = [Windows.joined([draw_windows(rng, noise, variety, gives=gives) for _ in range(CLIPS)])]
        if stills:
            count = windows - 8 * CLIPS
            groups.append(stills.chosen(rng.choice(len(stills.codes), count, p=_balanced(stills.codes))))
        targets = np.concatenate([_targets(group.codes, told=group is groups[0]) for group in groups])
        loss = _learn(model, Windows.joined(groups), targets, optimizer, schedule)
        if number % 10 == 0 or number == rounds:
            print(f"round {number}: loss {loss:.3f}, {time.perf_counter() - begin:.0f} s", flush=True)
    return model.eval()


def _balanced(codes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the chance of each photograph: rare classes are drawn more often, by the root of the number."""
    weights = 1 / np.sqrt(np.bincount(codes, minlength=len(SEVEN))[codes])
    return np.asarray(weights / weights.sum())


def _targets(codes: NDArray[np.int64], *, told: bool) -> NDArray[np.float32]:
    """Return the wanted probabilities of windows, (N, C), times their weights.

    Every class has the same weight. Photographs are not told apart: all classes are equally likely.
    """
    weights = len(codes) / len(SEVEN) / np.bincount(codes, minlength=len(SEVEN))[codes]
    smooth = 1 - _SMOOTHING if told else 0.0
    wanted = smooth * np.eye(len(SEVEN))[codes] + (1 - smooth) / len(SEVEN)
    return np.asarray(wanted * weights[:, None], np.float32)


def _learn(
    model: ExpressionModel,
    windows: Windows,
    targets: NDArray[np.float32],
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
) -> float:
    """Learn windows ``PASSES`` times, and return the mean loss."""
    model.train()
    rows, wanted = torch.from_numpy(windows.rows), torch.from_numpy(targets)
    whole = len(rows) // BATCH * BATCH
    total = []
    for _ in range(PASSES):
        for batch in torch.randperm(len(rows))[:whole].split(BATCH):  # type: ignore[no-untyped-call]
            loss = -(wanted[batch] * F.log_softmax(answers(model, rows[batch]), dim=1)).sum(1).mean()
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            total.append(loss.item())
    return float(np.mean(total))


def answers(model: ExpressionModel, windows: Tensor) -> Tensor:
    """Return the logits (B, C) of windows; the model reads no image."""
    nothing = windows.new_zeros(0)
    logits: Tensor = model(nothing, nothing, windows)
    return logits


@torch.inference_mode()
def probabilities(model: ExpressionModel, windows: Windows) -> NDArray[np.float32]:
    """Return the probabilities (N, C) of windows."""
    rows = torch.from_numpy(windows.rows)
    parts = rows.split(2048)  # type: ignore[no-untyped-call]
    return torch.cat([answers(model.eval(), some).softmax(1) for some in parts]).numpy()


def confusion_of(model: ExpressionModel, windows: Windows) -> NDArray[np.int64]:
    """Return the confusion matrix of windows, a row for each true class."""
    confusion = np.zeros((len(SEVEN),) * 2, np.int64)
    np.add.at(confusion, (windows.codes, probabilities(model, windows).argmax(1)), 1)
    return confusion


def described(model: ExpressionModel, windows: Windows) -> str:
    """Return UAR, WAR and the best constant answer on windows, and what is made of speech and of rest."""
    confusion = confusion_of(model, windows)
    war, constant = confusion.trace() / confusion.sum(), confusion.sum(axis=1).max() / confusion.sum()
    lines = [
        f"UAR {uar(confusion):.1%}, WAR {war:.1%} "
        f"(always {SEVEN.names[confusion.sum(axis=1).argmax()]}: {1 / len(SEVEN):.1%}, {constant:.1%})"
    ]
    neutral, surprise = SEVEN.code("Neutral"), SEVEN.code("Surprise")
    found = probabilities(model, windows).argmax(1)
    for name, some in (("silent", ~windows.speech), ("speaking", windows.speech)):
        rest = some & (windows.codes == neutral)
        if rest.any():
            lines.append(
                f"{name} faces at rest: {np.mean(found[rest] == neutral):.1%} Neutral, "
                f"{np.mean(found[rest] == surprise):.1%} Surprise"
            )
    return "\n".join(lines)
