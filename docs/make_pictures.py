"""Draw the pictures of docs/concepts.md into docs/images, from the rendered sample corpus.

python docs/make_pictures.py takes two minutes on two processors.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import av
import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle
from safetensors.numpy import load_file

import ferfusion as fer
from ferfusion.flow.encodings import FLOW_ENCODINGS

IMAGES = Path(__file__).parent / "images"
BLUE, ORANGE, GREY = "#3949ab", "#e64a19", "#8a93a6"
PART_COLOURS = {"train": BLUE, "validation": GREY, "test": ORANGE}


def save(figure: Figure, name: str) -> None:
    """Write a picture as PNG."""
    figure.savefig(IMAGES / f"concept-{name}.png", dpi=110, bbox_inches="tight", facecolor="white")
    plt.close(figure)


def plain(axis: Axes, title: str = "") -> None:
    """Leave only an image and its title."""
    axis.set_xticks([])
    axis.set_yticks([])
    for spine in axis.spines.values():
        spine.set_visible(False)
    axis.set_title(title, fontsize=9)


def one_clip(scratch: Path) -> tuple[dict[str, Any], list[Any]]:
    """Return the arrays of a prepared video, and its frames (H, W, 3)."""
    video = fer.sample_corpus() / "s02" / "surprise" / "s02_surprise_2.mp4"
    folder = scratch / "one" / "s02" / "surprise"
    folder.mkdir(parents=True)
    shutil.copy(video, folder)
    data = fer.prepare(
        scratch / "one", scratch / "clip", corpus="folder", keep_every=1, images=False, progress=False
    )
    [clip] = (data.folder / "clips").glob("*.safetensors")
    with av.open(str(video)) as container:
        return load_file(clip), [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def draw_pair(clip: dict[str, Any], frames: list[Any]) -> None:
    """Draw the way from a frame to a pair: the box, two crops with the same box, and their flow."""
    at = moment(clip)
    x, y, width, height = clip["boxes"][at]
    figure, axes = plt.subplots(1, 4, figsize=(9, 2.5))
    axes[0].imshow(frames[at])
    axes[0].add_patch(Rectangle((x, y), width, height, fill=False, edgecolor=ORANGE, linewidth=2))
    axes[1].imshow(clip["crops"][at])
    axes[2].imshow(clip["crops"][at + 1])
    draw_arrows(axes[3], clip, at)
    titles = ("1  detect and follow the face", "2  crop, 48 x 48", "3  the next frame, same box", "4  flow")
    for axis, title in zip(axes, titles, strict=True):
        plain(axis, title)
    save(figure, "pair")


def moment(clip: dict[str, Any]) -> int:
    """Return the pair with the strongest motion in the middle of the face."""
    inside = clip["flow"][:, :, 10:40, 10:38].astype(float)
    return int(np.hypot(*inside.transpose(1, 0, 2, 3)).mean(axis=(1, 2)).argmax())


def draw_arrows(axis: Axes, clip: dict[str, Any], at: int) -> None:
    """Draw the flow as arrows on the crop."""
    u, v = clip["flow"][at].astype(float)
    rows, columns = np.mgrid[2:48:4, 2:48:4]
    axis.imshow(clip["crops"][at], alpha=0.6)
    axis.quiver(
        columns,
        rows,
        u[rows, columns],
        v[rows, columns],
        color=BLUE,
        angles="xy",
        scale_units="xy",
        scale=0.25,
    )


def draw_flow(clip: dict[str, Any]) -> None:
    """Draw the same flow as arrows, and in each encoding."""
    at = moment(clip)
    flow = clip["flow"][at].astype(np.float32)
    names = ("uvm", "hsv", "hsv-fixed")
    figure, axes = plt.subplots(1, 1 + len(names), figsize=(9, 2.5))
    draw_arrows(axes[0], clip, at)
    plain(axes[0], "(u, v) in pixels, as stored")
    for axis, name in zip(axes[1:], names, strict=True):
        image = np.asarray(FLOW_ENCODINGS[name](flow[None]))[0]
        axis.imshow(np.clip(image.transpose(1, 2, 0), 0, 1))
        plain(axis, f"flow-encoding {name}")
    save(figure, "flow")


def draw_fusion(clip: dict[str, Any]) -> None:
    """Draw the two streams, the fusion layer, the fusion operator and the head."""
    at = moment(clip)
    figure, axis = plt.subplots(figsize=(9, 3))
    axis.set(xlim=(0, 18), ylim=(0, 6))
    plain(axis)
    flow = np.asarray(FLOW_ENCODINGS["uvm"](clip["flow"][at].astype(np.float32)[None]))[0].transpose(1, 2, 0)
    for image, y, name in ((clip["crops"][at], 4.6, "spatial"), (np.clip(flow, 0, 1), 1.4, "flow")):
        axis.imshow(image, extent=(0.1, 2.1, y - 1, y + 1), aspect="auto", zorder=2)
        box(axis, 3, y, 3, f"{name} stream\nCNN", colour=BLUE)
        box(axis, 7, y, 2.4, "map\n128 x 3 x 3", colour=GREY)
        box(axis, 10.2, y, 2, "vector\n128", colour=GREY)
        for start, end in ((2.1, 3), (6, 7), (9.4, 10.2)):
            arrow(axis, (start, y), (end, y))
        arrow(axis, (12.2, y), (13, 3 + (0.35 if y > 3 else -0.35)))
    axis.text(9.8, 3, "fusion layer:\nflatten, gap", ha="center", va="center", fontsize=9, color=ORANGE)
    box(axis, 13, 3, 2.5, "operator:\nconcat,\nsum, average", colour=ORANGE, height=1.7)
    arrow(axis, (15.5, 3), (16, 3))
    box(axis, 16, 3, 1.9, "head:\n6 classes", colour=BLUE)
    save(figure, "fusion")


def box(axis: Axes, x: float, y: float, width: float, text: str, *, colour: str, height: float = 1.3) -> None:
    """Draw a box with text."""
    axis.add_patch(
        FancyBboxPatch(
            (x, y - height / 2), width, height, boxstyle="round,pad=0.02,rounding_size=0.15", fill=False,
            edgecolor=colour, linewidth=1.6,
        )
    )  # fmt: skip
    axis.text(x + width / 2, y, text, ha="center", va="center", fontsize=9)


def arrow(axis: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw an arrow."""
    axis.add_patch(FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=10, color="#444", shrinkA=0))


def draw_split(data: fer.Dataset) -> None:
    """Draw people in parts, and what goes wrong if frames are divided."""
    data.split(seed=0)
    pairs = data.pairs.merge(data.splits, on="clip")
    part_of = pairs.groupby("subject")["part"].first()
    people = sorted(part_of.index, key=lambda person: (list(PART_COLOURS).index(part_of[person]), person))
    figure, rows = plt.subplots(2, len(people), figsize=(9, 1.9))
    rng = np.random.default_rng(0)
    for column, person in enumerate(people):
        pair = pairs[(pairs["subject"] == person) & (pairs["emotion"] == "Happiness")].iloc[2]
        face = load_file(data.folder / "clips" / f"{pair['clip']}.safetensors")["crops"][16]
        for axis, mixed in zip(rows[:, column], (False, True), strict=True):
            axis.imshow(face)
            plain(axis)
            colours = (
                rng.choice(list(PART_COLOURS.values()), 8) if mixed else [PART_COLOURS[part_of[person]]] * 8
            )
            for place, colour in enumerate(colours):
                axis.add_patch(Rectangle((place * 6, 50), 5, 8, color=colour, clip_on=False))
    rows[0, 0].set_title("by people: train (blue), validation (grey), test (orange)", fontsize=9, loc="left")
    rows[1, 0].set_title(
        "by frames: the test part is made of people whom the model knows", fontsize=9, loc="left"
    )
    figure.subplots_adjust(wspace=0.1, hspace=0.9)
    save(figure, "split")


def draw_interval(scratch: Path) -> None:
    """Draw the accuracy of each person, and the means of people that are drawn again."""
    data = fer.prepare(
        fer.sample_corpus(),
        scratch / "for",
        for_model="shipped",
        keep_every=16,
        images=False,
        progress=False,
    )
    scores = fer.load_model().evaluate(data, out=scratch / "scores", progress=False)
    accuracy = scores.people["war"].to_numpy()
    row = scores.scores.query("level == 'video' and metric == 'war'").iloc[0]
    rng = np.random.default_rng(0)
    means = rng.choice(accuracy, (4000, len(accuracy))).mean(axis=1)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 2.6))
    left.bar(range(len(accuracy)), 100 * np.sort(accuracy), color=BLUE)
    left.axhline(100 * row["value"], color=ORANGE)
    left.set(xlabel="18 people", ylabel="WAR of a person, %", ylim=(0, 100), xticks=[])
    left.set_title("people differ", fontsize=9)
    right.hist(100 * means, bins=30, color=GREY)
    for edge in (row["low"], row["high"]):
        right.axvline(100 * edge, color=ORANGE)
    right.axvline(100 * row["baseline"], color="#444", linestyle="--")
    right.set(xlabel="WAR of 18 people that are drawn again, %", yticks=[], xlim=(0, 100))
    right.set_title(
        f"WAR {row['value']:.0%}, 95 % interval {row['low']:.0%} to {row['high']:.0%}; "
        f"baseline {row['baseline']:.0%} (dashed)",
        fontsize=9,
    )
    figure.tight_layout()
    save(figure, "interval")


def main() -> None:
    """Draw all pictures."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        clip, frames = one_clip(scratch)
        draw_pair(clip, frames)
        draw_flow(clip)
        draw_fusion(clip)
        data = fer.prepare(fer.sample_corpus(), scratch / "all", keep_every=8, images=False, progress=False)
        draw_split(data)
        draw_interval(scratch)


if __name__ == "__main__":
    main()
