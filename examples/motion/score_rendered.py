"""Score models on rendered videos, frame by frame, through their pixels.

    python examples/motion/score_rendered.py CORPUS faces=shipped actions=MOTION.safetensors --out frames.csv

CORPUS is a corpus of ``ferfusion synthesize``: its truth says how strong the expression is in each frame. A
frame of half strength or more shows the class of its clip, one below a twentieth is Neutral, and the others
are not scored. Each model predicts the videos as ``ferfusion predict`` does; the largest face counts.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

import ferfusion as fer
from ferfusion.evaluation.metrics import METRICS
from ferfusion.evaluation.uncertainty import subject_intervals
from ferfusion.label_set import SEVEN
from ferfusion.tables import write_table

AT_REST, SHOWN = 0.05, 0.5


def main() -> None:
    """Predict, score and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path)
    parser.add_argument("models", nargs="+", help="NAME=MODEL; MODEL is a run, a bundle, or shipped")
    parser.add_argument("--out", type=Path, help="table of every scored frame")
    given = parser.parse_args()
    truth = truth_of(given.corpus)
    print("| model | UAR (95 % over people) | WAR | frames | recall: " + ", ".join(SEVEN.names) + " |")
    print("|---|---|---|---|---|")
    tables = []
    for each in given.models:
        name, _, model = each.rpartition("=")
        found = predictions(given.corpus, truth, model)
        print(f"| {name or model} | {described(found)} |", flush=True)
        tables.append(found.assign(model=name or model))
    counts = np.bincount(truth["code"], minlength=len(SEVEN))
    constant = f"{1 / len(SEVEN):.1%} | {counts.max() / counts.sum():.1%} | {counts.sum()} | |"
    print(f"| always {SEVEN.names[counts.argmax()]} | {constant}")
    if given.out:
        write_table(given.out, pd.concat(tables))


def truth_of(corpus: Path) -> pd.DataFrame:
    """Return the frames that are scored: path, subject, frame, intensity and code."""
    frames = pd.read_csv(
        corpus / "truth" / "frames.csv", usecols=["path", "label", "subject", "frame", "intensity"]
    )
    codes = [SEVEN.code(label) for label in frames["label"]]
    frames["code"] = np.where(frames["intensity"] >= SHOWN, codes, SEVEN.code("Neutral"))
    return frames[(frames["intensity"] >= SHOWN) | (frames["intensity"] <= AT_REST)]


def predictions(corpus: Path, truth: pd.DataFrame, model: str) -> pd.DataFrame:
    """Return the truth beside the probabilities of a model; a frame without a face has none."""
    loaded = fer.load_model(model)
    tables = []
    for path, frames in truth.groupby("path"):
        seen = loaded.predict(corpus / str(path), progress=False).table
        faces = seen[seen["p_neutral"].notna()].sort_values("w").groupby("frame").tail(1)
        tables.append(frames.merge(faces, on="frame", how="left"))
    return pd.concat(tables, ignore_index=True)


def described(found: pd.DataFrame) -> str:
    """Return the cells of a model: scores, frames with a face, recall of each class."""
    read = found[found["p_neutral"].notna()]
    answers = read[list(SEVEN.probability_columns)].to_numpy().argmax(axis=1)
    people, places = np.unique(read["subject"], return_inverse=True)
    confusions = np.zeros((len(people), len(SEVEN), len(SEVEN)), np.int64)
    np.add.at(confusions, (places, read["code"].to_numpy(), answers), 1)
    whole = confusions.sum(axis=0)
    interval = subject_intervals(confusions, resamples=2000, confidence=0.95, seed=0)["uar"]
    with np.errstate(invalid="ignore"):
        recalls = np.diag(whole) / whole.sum(axis=1)
    uar, war = (float(METRICS[name](whole)) for name in ("uar", "war"))
    cells = [f"{uar:.1%} ({interval.low:.1%} to {interval.high:.1%})", f"{war:.1%}", str(len(read))]
    return " | ".join([*cells, ", ".join(f"{recall:.0%}" for recall in recalls)])


if __name__ == "__main__":
    main()
