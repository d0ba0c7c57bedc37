"""Train the stream of facial actions on drawn curves, without images, and write a bundle.

    python examples/action_curves.py BUNDLE --people 200 --epochs 6 --actions small

People are drawn, not rendered: performances of ``ferfusion.synthesis`` (expressions down to faint ones,
blinks, gaze, head motion), speech, and clips at rest (Neutral). What an estimator adds is drawn as well: a
gain and a bias for each person and action, and a jitter for each frame; their sizes are options. One person
in five is held apart; their UAR chooses the epoch, and says nothing about real people or real estimators.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from ferfusion.actions.estimators import make_estimator
from ferfusion.actions.names import ACTIONS
from ferfusion.bundle import Bundle, save_bundle
from ferfusion.data.action_curves import track_curves
from ferfusion.evaluation.metrics import uar
from ferfusion.evaluation.training_summary import TrainingSummary
from ferfusion.label_set import SEVEN
from ferfusion.models.bases import ExpressionModel
from ferfusion.models.build import build_model, count_parameters
from ferfusion.models.config import ModelConfig
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.synthesis.performance import draw_performance

_SPOKEN = {"jawOpen": 0.4, "mouthLowerDownLeft": 0.3, "mouthLowerDownRight": 0.3, "mouthPucker": 0.3}
_FPS, _LEAST_SHOWN, _WINDOWS_OF_A_CLIP = (15, 25, 30, 60), 0.5, 6
Arrays = tuple[NDArray[np.float32], NDArray[np.int64]]


def main() -> None:
    """Draw, train, and write the bundle."""
    options = _options()
    rng = np.random.default_rng(options.seed)
    gives = make_estimator(options.actions).gives
    people = [draw_person(rng, options, gives) for _ in range(options.people)]
    held = max(1, options.people // 5)
    test, train = (_joined(some) for some in (people[:held], people[held:]))
    config = ModelConfig(architecture="actions", head_units=128)
    model = build_model(config, len(SEVEN), seed=options.seed)
    weights, epoch, best = fit(model, train, test, options)
    training: TrainingSummary = {
        "actions": options.actions,
        "parameters": count_parameters(model),
        "best_epoch": epoch,
    }
    bundle = Bundle(
        weights, config, SEVEN, PrepareRecipe(), training, {}, "Drawn curves; nobody is depicted."
    )
    save_bundle(options.bundle, bundle)
    print(f"{options.bundle}: UAR {best:.1%} on {held} drawn people held apart (chance {1 / 7:.1%})")


def draw_person(rng: np.random.Generator, options: argparse.Namespace, gives: tuple[str, ...]) -> Arrays:
    """Return the windows and codes of one person's clips: each class with and without speech."""
    bias = np.maximum(rng.normal(0, options.bias, len(ACTIONS)), 0)
    gain = np.clip(rng.normal(0.8, options.gain, len(ACTIONS)), 0.2, 1.2)
    found = [
        draw_clip(rng, code, bias=bias, gain=gain, jitter=options.jitter, gives=gives, speech=speech)
        for code in range(len(SEVEN))
        for speech in (0.0, 1.0)
    ]
    return _joined(found)


def draw_clip(
    rng: np.random.Generator,
    code: int,
    *,
    bias: NDArray[np.float64],
    gain: NDArray[np.float64],
    jitter: float,
    gives: tuple[str, ...],
    speech: float,
) -> Arrays:
    """Return windows of one clip where its class is shown, (N, K, CURVE_COLUMNS), and their codes (N,)."""
    name, fps = SEVEN.names[code], int(rng.choice(_FPS))
    frames = int(fps * rng.uniform(2, 5))
    neutral = name == "Neutral"
    acted = draw_performance(
        "Happiness" if neutral else name,
        num_frames=frames,
        min_intensity=1e-6 if neutral else 0.25,
        max_intensity=2e-6 if neutral else 1.0,
        rng=rng,
    )
    weights = acted.weights + speech * _speech(frames, fps, rng)
    seen = np.clip(gain * weights + bias + rng.normal(0, jitter, weights.shape), 0, 1).astype(np.float32)
    seen[:, np.isin(ACTIONS, gives, invert=True)] = np.nan
    pose = (acted.turn_degrees + rng.normal(0, 0.5, (frames, 3))).astype(np.float32)
    first = int(rng.integers(0, frames // 3))  # a clip need not start at rest
    curves = track_curves(
        np.arange(frames - first) / fps, seen[first:], pose[first:], np.zeros(frames - first, np.int64)
    )
    shown = acted.intensity[first:] >= (0 if neutral else _LEAST_SHOWN * acted.peak)
    last = rng.choice(np.flatnonzero(shown), _WINDOWS_OF_A_CLIP)
    return curves.windows(last, first=np.zeros_like(last), rows=25), np.full(len(last), code)


def _speech(frames: int, fps: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return what a speaking mouth adds (frames, 52): syllables at 2 to 5 Hz, with pauses."""
    seconds, added = np.arange(frames) / fps, np.zeros((frames, len(ACTIONS)))
    talks = np.sin(2 * np.pi * (0.4 * seconds + rng.random())) > -0.4
    for name, largest in _SPOKEN.items():
        wave = np.sin(2 * np.pi * (rng.uniform(2, 5) * seconds + rng.random())).clip(0)
        added[:, ACTIONS.index(name)] = largest * talks * wave
    return added


def fit(
    model: ExpressionModel, train: Arrays, test: Arrays, options: argparse.Namespace
) -> tuple[dict[str, torch.Tensor], int, float]:
    """Train, and return the weights of the best epoch, its number, and its UAR on the people held apart."""
    windows, codes = map(torch.from_numpy, train)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
    draws = torch.Generator().manual_seed(options.seed)
    found: list[tuple[float, int, dict[str, torch.Tensor]]] = []
    for epoch in range(1, options.epochs + 1):
        model.train()
        for rows in torch.randperm(len(codes), generator=draws).split(128):  # type: ignore[no-untyped-call]
            loss = F.cross_entropy(answers(model, windows[rows]), codes[rows])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        score = measure(model, test)
        found.append((score, epoch, {name: each.clone() for name, each in model.state_dict().items()}))
        print(f"epoch {epoch}: loss {loss.item():.3f}, UAR {score:.1%}", flush=True)
    best, epoch, weights = max(found, key=lambda one: one[0])
    return weights, epoch, best


def answers(model: ExpressionModel, windows: torch.Tensor) -> torch.Tensor:
    """Return the logits (B, C) of windows; the model reads no image."""
    nothing = windows.new_zeros(0)
    logits: torch.Tensor = model(nothing, nothing, windows)
    return logits


@torch.inference_mode()
def measure(model: ExpressionModel, test: Arrays) -> float:
    """Return the UAR of a model on windows."""
    windows, codes = test
    found = answers(model.eval(), torch.from_numpy(windows)).argmax(1).numpy()
    confusion = np.zeros((len(SEVEN),) * 2, np.int64)
    np.add.at(confusion, (codes, found), 1)
    return float(uar(confusion))


def _joined(some: list[Arrays]) -> Arrays:
    windows, codes = zip(*some, strict=True)
    return np.concatenate(windows), np.concatenate(codes)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--actions", default="small", help="estimator whose actions the model reads")
    parser.add_argument("--bias", type=float, default=0.1, help="deviation of a person's bias")
    parser.add_argument("--gain", type=float, default=0.2, help="deviation of a person's gain")
    parser.add_argument("--jitter", type=float, default=0.03, help="deviation of a frame's noise")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
