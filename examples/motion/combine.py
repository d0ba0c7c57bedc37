"""Combine a network of still faces with a model of facial actions: one network, with the two weighed.

    python examples/motion/combine.py RUN MOTION BUNDLE --stills DATASET --rendered CORPUS CORPUS
    python examples/motion/combine.py shipped MOTION BUNDLE --factors 1.0 0.8

The logits of the new network are ``a`` times those of the faces plus ``b`` times those of MOTION. Both are
chosen by the log loss on the choosing photographs of DATASET (FER2013, on which RUN was trained) and on the
frames of rendered corpora; each of these sets has the same weight. A network that has learned these
photographs, as the shipped one has, gets the factors of one like it. The head has both heads side by side, so
that the result is an ordinary bundle of the architecture ``spatial-actions``.
"""

import argparse
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from ferfusion.bundle import Bundle, load_bundle, save_bundle
from ferfusion.evaluation.calibration import log_loss
from ferfusion.evaluation.metrics import uar
from ferfusion.inference.predictor import SHIPPED
from ferfusion.label_set import SEVEN
from ferfusion.models.build import build_model, count_parameters
from score_rendered import predictions, truth_of
from stills import pairs_of, still_windows
from temporal import probabilities

FACTORS = np.round(np.arange(0, 2.01, 0.1), 1)
COLUMNS = list(SEVEN.probability_columns)
Probabilities = NDArray[np.float64]


def main() -> None:
    """Predict with both models, choose the factors, print the scores, and write the bundle."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("faces", help="run or bundle of the architecture spatial, or shipped")
    parser.add_argument("motion", help="bundle of the architecture actions")
    parser.add_argument("bundle", type=Path, help="bundle to write")
    parser.add_argument("--stills", type=Path, help="dataset of photographs that the run was trained on")
    parser.add_argument("--rendered", type=Path, nargs="+", help="rendered corpora")
    parser.add_argument("--factors", type=float, nargs=2, metavar=("A", "B"), help="chosen before")
    given = parser.parse_args()
    a, b = given.factors or chosen(given)
    save_bundle(given.bundle, combined(_bundle(given.faces), load_bundle(Path(given.motion)), a, b))


def _bundle(name: str) -> Bundle:
    path = SHIPPED if name == "shipped" else Path(name)
    return load_bundle(path / "bundle.safetensors" if path.is_dir() else path)


def chosen(given: argparse.Namespace) -> tuple[float, float]:
    """Return the factors with the least log loss, and print what each model and both reach."""
    sets = {"photographs": on_photographs(given.stills, given.faces, given.motion)}
    sets |= {corpus.name: on_rendered(corpus, given.faces, given.motion) for corpus in given.rendered}
    a, b = choose(list(sets.values()))
    print(f"faces times {a}, actions times {b}")
    for name, (faces, motion, codes) in sets.items():
        alone = ", ".join(f"{n} {score(p, codes)}" for n, p in (("faces", faces), ("actions", motion)))
        print(f"{name}: {alone}, both {score(pooled(faces, motion, a, b), codes)}")
    return a, b


def on_photographs(
    dataset: Path, run: str, motion: str
) -> tuple[Probabilities, Probabilities, NDArray[np.int64]]:
    """Return the probabilities of both models on the choosing photographs, and the codes."""
    table = pd.read_csv(Path(run) / "predictions_validation.csv").set_index("video")
    table = table.loc[pairs_of(dataset, "validation")["video"]]
    windows = still_windows(dataset, "validation")
    bundle = load_bundle(Path(motion))
    model = build_model(bundle.model_config, len(SEVEN), seed=0)
    model.load_state_dict(dict(bundle.weights))
    found = probabilities(model, windows).astype(np.float64)
    return table[COLUMNS].to_numpy(float), found, windows.codes


def on_rendered(
    corpus: Path, faces: str, motion: str
) -> tuple[Probabilities, Probabilities, NDArray[np.int64]]:
    """Return the probabilities of both models on the scored frames of a rendered corpus, and the codes."""
    truth = truth_of(corpus)
    tables = [predictions(corpus, truth, name) for name in (faces, motion)]
    both = tables[0].merge(tables[1], on=["path", "frame"], suffixes=("", "_motion"))
    both = both[both[[COLUMNS[0], f"{COLUMNS[0]}_motion"]].notna().all(axis=1)]
    return (
        both[COLUMNS].to_numpy(float),
        both[[f"{column}_motion" for column in COLUMNS]].to_numpy(float),
        both["code"].to_numpy(np.int64),
    )


def pooled(faces: Probabilities, motion: Probabilities, a: float, b: float) -> Probabilities:
    """Return the probabilities whose logarithm is a weighted sum of those of both, (N, C)."""
    logits = a * np.log(np.maximum(faces, 1e-12)) + b * np.log(np.maximum(motion, 1e-12))
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def choose(
    sets: list[tuple[Probabilities, Probabilities, NDArray[np.int64]]],
) -> tuple[float, float]:
    """Return the factors with the least log loss, the mean of that of each set."""
    losses = {
        (float(a), float(b)): np.mean([log_loss(pooled(f, m, a, b), codes) for f, m, codes in sets])
        for a, b in product(FACTORS, FACTORS)
    }
    return min(losses, key=lambda factors: losses[factors])


def score(probabilities: Probabilities, codes: NDArray[np.int64]) -> str:
    """Return UAR and WAR as text."""
    confusion = np.zeros((len(SEVEN),) * 2, np.int64)
    np.add.at(confusion, (codes, probabilities.argmax(axis=1)), 1)
    return f"{uar(confusion):.1%} / {confusion.trace() / confusion.sum():.1%}"


def combined(faces: Bundle, motion: Bundle, a: float, b: float) -> Bundle:
    """Return one network whose logits are the weighted sum of those of both.

    The hidden units of both heads lie side by side, and none reads a feature of the other stream. The map of
    the action stream gets the channels of the face's, of which the last are 0.
    """
    config = replace(
        faces.model_config,
        architecture="spatial-actions",
        head_units=faces.model_config.head_units + motion.model_config.head_units,
    )
    model = build_model(config, len(SEVEN), seed=0)
    weights = {name: torch.zeros_like(tensor) for name, tensor in model.state_dict().items()}
    for bundle in (faces, motion):
        for name, tensor in bundle.weights.items():
            if not name.startswith("head."):
                _put(weights[name], tensor.float())
    channels = faces.weights["head.dense1.weight"].shape[1]
    units = faces.model_config.head_units
    for bundle, first, column, factor in ((faces, 0, 0, a), (motion, units, channels, b)):
        head = {name: tensor.float() for name, tensor in bundle.weights.items() if name.startswith("head.")}
        for layer, inputs in (("dense1", column), ("dense2", first)):
            _put(weights[f"head.{layer}.weight"][first:, inputs:], head[f"head.{layer}.weight"])
            _put(weights[f"head.{layer}.bias"][first:], head[f"head.{layer}.bias"])
        _put(weights["head.dense3.weight"][:, first:], factor * head["head.dense3.weight"])
        weights["head.dense3.bias"] += factor * head["head.dense3.bias"]
    training = {
        **faces.training,
        "actions": motion.training["actions"],
        "parameters": count_parameters(model),
    }
    rights = f"{faces.rights} {motion.rights}"
    return replace(faces, weights=weights, model_config=config, training=training, metrics={}, rights=rights)  # type: ignore[arg-type]


def _put(place: Tensor, values: Tensor) -> None:
    """Write values into the first rows and columns of a tensor."""
    if values.ndim == 0:
        place.copy_(values)
    else:
        place[tuple(slice(size) for size in values.shape)] = values


if __name__ == "__main__":
    main()
