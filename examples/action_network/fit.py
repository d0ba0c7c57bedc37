"""Train the action network: on rendered faces with the truth, on photographs with the teacher's answers."""

import json
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor

from augment import augmented, plain
from faces import Faces
from ferfusion.actions.names import ACTIONS
from ferfusion.actions.small_network import POSE_UNIT_DEGREES, ActionNetwork, in_channels_last, read_crops
from ferfusion.files import write_whole

RIGHTS = (
    "Learned from faces that ferfusion rendered, and from photographs of FER2013 and of "
    "muxspace/facial_expressions with the answers of Google's face landmarker (Apache-2.0). "
    "Nobody licensed each photograph: for research."
)
BATCH = 128
_RATE = 2e-3
_DECAY = 0.02
_AVERAGE = 0.999
_POSE_WEIGHT = 8.0
LEAST_CORRELATION = 0.3
"""Of the teacher's answers with the truth; below it, photographs do not teach an action."""


@dataclass(frozen=True, eq=False)
class Scale:
    """The true weight that a teacher's answer stands for: ``slope`` times the answer, plus ``start``.

    Attributes:
        slope: (55,) of 52 actions and three angles; nan where the teacher does not follow the truth.
        start: (55,).
        correlation: (55,) of the teacher's answers with the truth, on rendered faces.
    """

    slope: NDArray[np.float64]
    start: NDArray[np.float64]
    correlation: NDArray[np.float64]

    @classmethod
    def fitted(cls, truth: Faces, taught: Faces) -> "Scale":
        """Fit the scale on rendered faces that the teacher has answered too, by least squares."""
        true = np.hstack([truth.weights, truth.pose])[: len(taught)]
        answers = np.hstack([taught.weights, taught.pose])
        lines = []
        for column in range(true.shape[1]):
            known = np.isfinite(answers[:, column])
            x, y = answers[known, column], true[known, column]
            if len(x) < 100 or x.std() < 0.005 or y.std() < 0.005:
                lines.append((np.nan, np.nan, np.nan))
                continue
            correlation = float(np.corrcoef(x, y)[0, 1])
            slope, start = np.polyfit(x, y, 1) if correlation >= LEAST_CORRELATION else (np.nan, np.nan)
            lines.append((slope, start, correlation))
        slopes, starts, correlations = np.array(lines).T
        return cls(slopes, starts, correlations)

    def applied(self, taught: Faces) -> Faces:
        """Return photographs with true weights in place of the teacher's answers; nan where unknown."""
        actions = len(ACTIONS)
        weights = np.clip(taught.weights * self.slope[:actions] + self.start[:actions], 0, 1)
        pose = taught.pose * self.slope[actions:] + self.start[actions:]
        return replace(taught, weights=weights.astype(np.float32), pose=pose.astype(np.float32))


def losses(answers: Tensor, weights: Tensor, pose: Tensor) -> Tensor:
    """Return the squared error of known actions and angles."""
    targets = torch.cat([weights, pose / POSE_UNIT_DEGREES], 1)
    known = torch.isfinite(targets)
    squared = (answers - torch.where(known, targets, answers)) ** 2
    squared = torch.cat([squared[:, : len(ACTIONS)], _POSE_WEIGHT * 0.1 * squared[:, len(ACTIONS) :]], 1)
    return squared.sum() / known.sum()


def train(rendered: Faces, taught: Faces, checkpoint: Path, *, epochs: int, seed: int = 0) -> ActionNetwork:
    """Train for some epochs; a batch has as many rendered faces as photographs. It resumes after an epoch."""
    torch.manual_seed(seed)
    network = in_channels_last(ActionNetwork())
    average = ActionNetwork()
    average.load_state_dict(network.state_dict())
    optimizer = torch.optim.AdamW(network.parameters(), lr=_RATE, weight_decay=_DECAY)
    steps = len(rendered) // (BATCH // 2)
    total = epochs * steps
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=total, pct_start=0.1)
    first = 0
    if checkpoint.exists():
        first = _resume(checkpoint, network, average, optimizer, schedule)
    for epoch in range(first, epochs):
        begin, sum_of_losses = time.perf_counter(), 0.0
        rng = np.random.default_rng([seed, epoch])
        order = rng.permutation(len(rendered))
        photographs = rng.permutation(np.resize(np.arange(len(taught)), len(rendered)))
        network.train()
        for step in range(steps):
            half = slice(step * BATCH // 2, (step + 1) * BATCH // 2)
            parts = [(rendered, np.sort(order[half])), (taught, np.sort(photographs[half]))]
            images = np.concatenate([faces.images[rows] for faces, rows in parts])
            weights = torch.from_numpy(np.concatenate([faces.weights[rows] for faces, rows in parts]))
            pose = torch.from_numpy(np.concatenate([faces.pose[rows] for faces, rows in parts]))
            crops, weights, pose = augmented(images, weights, pose, rng)
            with torch.autocast("cpu", torch.bfloat16):
                answers = network(crops.to(memory_format=torch.channels_last))
            loss = losses(answers.float(), weights, pose)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            sum_of_losses += loss.item()
            _follow(average, network, decay=min(_AVERAGE, 1 - 1 / (epoch * steps + step + 2)))
        _keep(checkpoint, network, average, optimizer, schedule, epoch + 1)
        print(
            f"epoch {epoch + 1}: loss {sum_of_losses / steps:.5f}, {time.perf_counter() - begin:.0f} s",
            flush=True,
        )
    return average.eval()


@torch.no_grad()
def _follow(average: ActionNetwork, network: ActionNetwork, *, decay: float) -> None:
    for name, value in network.state_dict().items():
        kept = average.state_dict()[name]
        kept.lerp_(value, 1 - decay) if value.is_floating_point() else kept.copy_(value)


def _keep(path: Path, *parts: object) -> None:
    *states, epoch = parts
    content = {"states": [state.state_dict() for state in states], "epoch": epoch}  # type: ignore[attr-defined]
    write_whole(path, lambda partial: torch.save(content, partial))


def _resume(path: Path, *parts: object) -> int:
    content = torch.load(path, weights_only=True)
    for part, state in zip(parts, content["states"], strict=True):
        part.load_state_dict(state)  # type: ignore[attr-defined]
    return int(content["epoch"])


def answers_of(network: ActionNetwork, faces: Faces) -> NDArray[np.float32]:
    """Return actions and pose, (N, 55), of faces as they are."""
    found = []
    for start in range(0, len(faces), 256):
        crops = plain(faces.images[start : start + 256])
        found.append(np.hstack(read_crops(network, crops)))
    return np.concatenate(found)


def save_halved(path: Path, network: ActionNetwork, *, gives: tuple[str, ...]) -> None:
    """Write the weights with folded norms in half precision, and the names of the actions that they give."""
    weights = {name: tensor.half().contiguous() for name, tensor in network.fold().state_dict().items()}
    metadata = {"gives": json.dumps(gives), "rights": RIGHTS}
    write_whole(path, lambda partial: save_file(weights, partial, metadata))
