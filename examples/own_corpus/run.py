"""From a spreadsheet to a figure: prepare, look at what is left out, correct a label, study, draw.

    python examples/own_corpus/make.py work/recordings
    python examples/own_corpus/run.py work

WORK/recordings has the videos and their table; WORK/data, WORK/study and WORK/figure.png are written.
"""

import argparse
from pathlib import Path

import ferfusion as fer

CLASSES = ["Happiness", "Anger", "Sadness"]


def main() -> None:
    """Print the tables, and write the figure."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("work", type=Path)
    arguments.add_argument("--folds", default="subjects", help="subjects tests each person once")
    arguments.add_argument("--epochs", type=int, default=6)
    options = arguments.parse_args()
    work, recordings = options.work, options.work / "recordings"

    data = fer.prepare(
        recordings, work / "data", labels=CLASSES, keep_every=4, images=False, progress=print_message
    )
    print(data.left_out.to_string(index=False), "\n")

    data = fer.prepare(
        recordings,
        work / "data",
        labels=CLASSES,
        label_map={"Hapiness": "Happiness"},
        keep_every=4,
        images=False,
        progress=False,
    )
    print(data)
    print(
        data.videos.loc[data.videos["status"] == "ok", ["video", "subject", "emotion", "Alter"]].head(), "\n"
    )

    study = fer.study(
        data,
        work / "study",
        variants=["fusion=gap-concat"],
        stream="table1",
        folds=options.folds,
        seeds=1,
        epochs=options.epochs,
        batch_size=8,
        schedule="cosine",
        learning_rate=0.0005,
        progress=False,
    )
    per_video = study.table[study.table["level"] == "video"]
    print(
        per_video[["variant", "metric", "value", "low", "high", "baseline", "subjects"]].to_string(
            index=False
        )
    )
    print(study.people[["subject", "videos", "war", "low", "high", "note"]].to_string(index=False))
    study.plot().savefig(work / "figure.png", dpi=200)
    print(f"Figure: {work / 'figure.png'}")


def print_message(progress: fer.Progress) -> None:
    """Print what was taken for what."""
    if progress.message:
        print(progress.message)


if __name__ == "__main__":
    main()
