"""Make a table of seven classes from a rendered corpus: faces at rest are Neutral.

    python examples/rendered_seven.py CORPUS

A rendered clip rises from rest to its expression and falls back. The table ``CORPUS/seven.csv`` has two rows
for each clip: the frames at rest before it, and those with at least half its intensity. Prepare it with

    ferfusion prepare CORPUS/seven.csv DATASET --corpus csv --labels seven
"""

import argparse
from pathlib import Path

import pandas as pd

from ferfusion.files import write_text

AT_REST, SHOWN = 0.05, 0.5
LEAST_FRAMES = 4


def main() -> None:
    """Write the table and print its counts."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("corpus", type=Path)
    corpus = arguments.parse_args().corpus
    clips = pd.read_csv(corpus / "corpus.csv")
    rates = dict(zip(clips["path"], clips["fps"], strict=True))
    truth = pd.read_csv(corpus / "truth" / "frames.csv")
    rows = [row for path, frames in truth.groupby("path") for row in stretches(frames, fps=rates[path])]
    table = pd.DataFrame(rows, columns=["path", "label", "subject", "start_seconds", "end_seconds"])
    write_text(corpus / "seven.csv", table.to_csv(index=False, lineterminator="\n"))
    print(f"{corpus / 'seven.csv'}: {len(table)} stretches of {table['subject'].nunique()} people")
    print(table["label"].value_counts().to_string())


def stretches(frames: pd.DataFrame, *, fps: float) -> list[tuple[str, str, str, float, float]]:
    """Return the rest before a clip's expression, and the expression, if they are long enough."""
    first = frames.iloc[0]
    shown = frames.loc[frames["intensity"] >= SHOWN, "frame"]
    before = frames.loc[(frames["intensity"] <= AT_REST) & (frames["frame"] < shown.min()), "frame"]
    return [
        # from half a frame before to half a frame after, so that rounding loses no frame
        (first["path"], label, first["subject"], max(0.0, (of.min() - 0.5) / fps), (of.max() + 0.5) / fps)
        for label, of in (("Neutral", before), (first["label"], shown))
        if len(of) >= LEAST_FRAMES
    ]


if __name__ == "__main__":
    main()
