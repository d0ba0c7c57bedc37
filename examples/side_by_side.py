"""Two models on the same videos, in one page that a person can check: stills, then what each model names.

    python examples/side_by_side.py VIDEOS PAGE.html OLD.safetensors shipped

The answers are folded away, so that a viewer can write down first what the stills show. The page has images
of the people in the videos: it is for those who may see them.
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from html import escape
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

import ferfusion as fer
from ferfusion.files import write_text
from ferfusion.reporting.colours import colour_of
from ferfusion.reporting.pages import data_uri
from ferfusion.video.reader import read_frames
from ferfusion.video.suffixes import VIDEO_SUFFIXES

STILLS = 10
_STILL_PX = 200
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 1100px; margin: 2em auto; padding: 0 1em; }
.stills { display: grid; grid-template-columns: repeat(auto-fill, minmax(130px, 1fr)); gap: 8px; }
figure { margin: 0; font-size: .85rem; } img { width: 100%; border-radius: 6px; }
.lane { display: flex; align-items: center; gap: 10px; margin: 4px 0; font-size: .9rem; }
.lane b { width: 9em; overflow-wrap: anywhere; } svg { flex: 1; border-radius: 4px; background: #e9edef; }
textarea { width: 100%; margin: 8px 0; } td, th { text-align: left; padding: 2px 14px 2px 0; }
"""


def main() -> None:
    """Predict every video with both models, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("videos", type=Path, help="folder of videos")
    parser.add_argument("page", type=Path, help="page to write")
    parser.add_argument("models", nargs=2, help="run, bundle, or shipped")
    given = parser.parse_args()
    models = {name: fer.load_model(None if name == "shipped" else name) for name in given.models}
    sections = []
    for path in sorted(p for p in given.videos.iterdir() if p.suffix.lower() in VIDEO_SUFFIXES):
        seen = {name: model.predict(path, progress=False) for name, model in models.items()}
        sections.append("\n".join(section(path, seen)))
        print(path.name, flush=True)
    title = " beside ".join(escape(Path(name).name) for name in given.models)
    page = f"<!doctype html><meta charset=utf-8><title>{title}</title><style>{_STYLE}</style><h1>{title}</h1>"
    write_text(given.page, page + "\n".join(sections) + "\n")


def section(path: Path, seen: dict[str, fer.Prediction]) -> Iterator[str]:
    """Yield the lines of a video: stills, a place for notes, and the models' answers."""
    yield f'<section><h2>{escape(path.name)}</h2><div class="stills">'
    for seconds, image in stills(path):
        _, jpeg = cv2.imencode(".jpg", image[:, :, ::-1])
        source = data_uri(jpeg.tobytes(), "image/jpeg")
        yield f'<figure><img src="{source}" alt="{seconds:.1f} s">{seconds:.1f} s</figure>'
    yield '</div><textarea rows="2" placeholder="What do the stills show?"></textarea>'
    yield "<details><summary>What the models say</summary>"
    for name, prediction in seen.items():
        yield f"<h3>{escape(Path(name).name)}</h3><p>{escape(prediction.statement)}</p>"
        yield from lanes(prediction)
    yield changes_table(*seen.values())
    yield "</details></section>"


def stills(path: Path) -> list[tuple[float, NDArray[np.uint8]]]:
    """Return some frames of a video, equally far apart, with their times."""
    frames = [frame.seconds for frame in read_frames(path) if not frame.error]
    wanted = {frames[k] for k in np.linspace(0, len(frames) - 1, min(STILLS, len(frames))).astype(int)}
    chosen = []
    for frame in read_frames(path):
        if frame.seconds in wanted and not frame.error:
            rgb = frame.rgb()
            size = (_STILL_PX, max(1, round(_STILL_PX * rgb.shape[0] / rgb.shape[1])))
            image = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
            chosen.append((frame.seconds, np.asarray(image, np.uint8)))
    return chosen


def lanes(prediction: fer.Prediction) -> Iterator[str]:
    """Yield a lane for each face: its spans in the colours of the classes."""
    table, spans = prediction.table, prediction.spans()
    end = float(table["seconds"].max()) + 1e-6
    for face, own in spans.groupby("face"):
        bars, said = [], []
        for name, start, stop in zip(own["expression"], own["start"], own["end"], strict=True):
            said.append(f"{name} {start:.1f} to {stop:.1f} s")
            bars.append(
                f'<rect x="{100 * start / end:.2f}" y="0" height="10" '
                f'width="{100 * (stop - start) / end:.2f}" '
                f'fill="{_colour(name, prediction)}"><title>{escape(said[-1])}</title></rect>'
            )
        yield f'<div class="lane"><b>face {face}</b><svg viewBox="0 0 100 10" height="22" '
        yield f'preserveAspectRatio="none">{"".join(bars)}</svg></div><p>{escape("; ".join(said))}</p>'


def _colour(expression: str, prediction: fer.Prediction) -> str:
    named = expression in prediction.labels.names
    return colour_of(expression, prediction.labels) if named else "transparent"


def changes_table(first: fer.Prediction, second: fer.Prediction) -> str:
    """Return a table of the time that both models name, by what each names."""
    old, new = (one.table[["frame", "face", "smoothed"]].dropna() for one in (first, second))
    joined = old.merge(new, on=["frame", "face"], suffixes=("", "_of_other")).astype(str)
    pairs = Counter(zip(joined["smoothed"], joined["smoothed_of_other"], strict=True))
    differing = [(*names, count) for names, count in pairs.most_common() if names[0] != names[1]]
    if not differing:
        return f"<p>Both name the same in all {len(joined)} frames with a face.</p>"
    rows = "".join(
        f"<tr><td>{escape(was)}</td><td>{escape(now)}</td><td>{count / len(joined):.0%}</td></tr>"
        for was, now, count in differing
    )
    return f"<table><tr><th>first</th><th>second</th><th>of the frames</th></tr>{rows}</table>"


if __name__ == "__main__":
    main()
