"""Leave videos out of a prepared dataset, so that one class is as frequent as in BAUM-1s and the others rare.

    python examples/unbalanced.py DATASET OUT

OUT is a dataset with the clips of DATASET. A study compares the treatments of imbalance on it:

    ferfusion study OUT STUDY --variants imbalance=none --variants imbalance=focal --folds 3
"""

import argparse
import shutil
from pathlib import Path

from ferfusion.preparation.dataset import DatasetFiles, open_dataset
from ferfusion.tables import write_table

LEADING, SHARE = "Sadness", 0.546
"""As in the test part of the report's confusion matrices, of BAUM-1s."""


def main() -> None:
    """Write the dataset and print its counts."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("dataset", type=Path)
    arguments.add_argument("out", type=Path)
    options = arguments.parse_args()
    source = open_dataset(options.dataset)
    table = source.pairs
    kept = kept_videos({str(name): sorted(rows["video"].unique()) for name, rows in table.groupby("emotion")})
    copy = DatasetFiles(options.out)
    copy.root.mkdir(parents=True)
    copy.clips_folder.symlink_to(source.clips_folder.resolve())
    shutil.copyfile(source.header_file, copy.header_file)
    table = table[table["video"].isin(kept)]
    write_table(copy.pairs_file, table)
    print(f"{options.out}: {len(kept)} videos")
    print(table.groupby("emotion")["video"].nunique().to_string())


def kept_videos(videos: dict[str, list[str]]) -> set[str]:
    """Return all videos of the leading class, and some of each other class, spread over its people."""
    others = [name for name in videos if name != LEADING]
    each = max(1, round(len(videos[LEADING]) * (1 - SHARE) / SHARE / len(others)))
    kept = set(videos[LEADING])
    for place, name in enumerate(others):
        own = videos[name]
        kept |= {own[(take * len(own) // each + 7 * place) % len(own)] for take in range(each)}
    return kept


if __name__ == "__main__":
    main()
