"""How far onset, apex and offset lie from the truth, on rendered clips whose intensities are known.

Usage: python benchmarks/onset_times.py [demo/run]

The run is one on the sample corpus, as `make demo` trains it; only clips of people that it never saw are
read. The truth of onset and offset is where the intensity passes a tenth of its peak, that of the apex is the
time within 2 % of the peak. Episodes that are cut by the start or end of the clip are left out.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

import ferfusion as fer
from common import header, print_table

SHARE_OF_PEAK = 0.1
WINDOWS_SECONDS = (0.5, 0.2, 0.0)


def test_clips(run: fer.Run) -> pd.DataFrame:
    """Return path and class of each clip of the test part."""
    tested = set(run.predictions["video"])
    clips = pd.read_csv(fer.sample_corpus() / "corpus.csv")
    videos = clips["path"].str.removesuffix(".mp4").str.replace("/", "-")
    return clips[videos.isin(tested)]


def errors_seconds(model: fer.Model, clips: pd.DataFrame, *, window: float) -> pd.DataFrame:
    """Return a row per detected episode: onset, apex and offset minus the truth, nan where cut."""
    truth = pd.read_csv(fer.sample_corpus() / "truth" / "frames.csv")
    rows = []
    for path, label, fps in clips[["path", "label", "fps"]].itertuples(index=False):
        intensity = truth.loc[truth["path"] == path, "intensity"].to_numpy()
        shown = np.flatnonzero(intensity >= SHARE_OF_PEAK * intensity.max()) / fps
        peak = np.flatnonzero(intensity >= 0.98 * intensity.max()) / fps
        seen = model.predict(fer.sample_corpus() / path, window=window, progress=False)
        episodes = seen.onsets(label)
        if episodes.empty:
            continue
        found = episodes.loc[episodes["probability"].idxmax()]
        apex = float(found["apex"])
        rows.append(
            {
                "onset": found["onset"] - shown[0] if found["onset_seen"] else np.nan,
                "apex": apex - min(max(apex, peak[0]), peak[-1]),
                "offset": found["offset"] - (shown[-1] + 1 / fps) if found["offset_seen"] else np.nan,
            }
        )
    return pd.DataFrame(rows)


def main(folder: Path) -> None:
    """Print a row per smoothing window and time."""
    print(header())
    if not folder.is_dir():
        print(f"There is no run {folder}; make one with: make demo")
        return
    run = fer.Run(folder)
    clips, rows = test_clips(run), []
    for window in WINDOWS_SECONDS:
        errors = errors_seconds(run.model, clips, window=window)
        for name in errors.columns:
            known = 1000 * errors[name].dropna()
            rows.append(
                (
                    f"{window:g} s",
                    name,
                    f"{len(known)} of {len(clips)}",
                    f"{known.median():+.0f}",
                    f"{known.abs().median():.0f}",
                    f"{known.abs().quantile(0.9):.0f}",
                )
            )
    print_table(("window", "time", "clips", "median, ms", "median error, ms", "90 % below, ms"), rows)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "demo/run"))
