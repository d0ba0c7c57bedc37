"""A whole rendered corpus, on disk.

ROOT/corpus.json                    recipe, versions, rights
ROOT/corpus.csv                     a row per clip: path, label, subject, frames, fps, peak_intensity, seed
ROOT/s01/anger/s01_anger_1.mp4      the clips: subject, expression, take
ROOT/truth/frames.csv               a row per frame: label, subject, intensity, weight of each action
ROOT/truth/flow/s01/anger/s01_anger_1.safetensors    true flow, on request

It is a ``folder`` corpus and a ``csv`` corpus at once. Every file is written whole or not at all.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from safetensors.numpy import save_file

from ferfusion.actions.names import ACTIONS
from ferfusion.errors import CorpusError
from ferfusion.extras import require
from ferfusion.files import read_json, write_text, write_whole
from ferfusion.label_set import SIX
from ferfusion.outputs import is_new_or_empty, only_writer, replaced_result
from ferfusion.synthesis.head import HeadModel, load_head
from ferfusion.synthesis.looks import LOOKS
from ferfusion.synthesis.motion import true_flow
from ferfusion.synthesis.performance import Performance, draw_performance
from ferfusion.synthesis.portrait import Portrait, make_portrait
from ferfusion.synthesis.recipe import SynthesisRecipe
from ferfusion.synthesis.renderer import render_frames
from ferfusion.tables import write_table
from ferfusion.video.writer import VideoWriter

SCHEMA_VERSION = 1
RIGHTS = (
    "Rendered by ferfusion; nobody is depicted. The head is that of the package anny, whose assets come from "
    "MakeHuman and are CC0 1.0. These videos and tables are given to the public domain under CC0 1.0 as well."
)
_TABLES = ("corpus.csv", "truth/frames.csv")


@dataclass(frozen=True)
class Take:
    """A clip to render.

    Attributes:
        subject: Index of the subject, from 0.
        label: The expression.
        number: Which clip of this subject and expression, from 1.
    """

    subject: int
    label: str
    number: int

    @property
    def subject_name(self) -> str:
        """Name of the subject: ``s01`` and so on."""
        return f"s{self.subject + 1:02d}"

    @property
    def path(self) -> Path:
        """Path of the video in the corpus."""
        folder = self.label.lower()
        return Path(self.subject_name) / folder / f"{self.subject_name}_{folder}_{self.number}.mp4"

    @property
    def flow_path(self) -> Path:
        """Path of the true flow in the corpus."""
        return Path("truth") / "flow" / self.path.with_suffix(".safetensors")


def takes(recipe: SynthesisRecipe) -> list[Take]:
    """Return the clips of a corpus, subject by subject."""
    return [
        Take(subject, label, number)
        for subject in range(recipe.subjects)
        for label in SIX.names
        for number in range(1, recipe.clips + 1)
    ]


def perform(take: Take, recipe: SynthesisRecipe) -> Performance:
    """Draw the performance of a clip from the recipe's seed and the clip's place in the corpus."""
    seed = [recipe.seed, take.subject, SIX.code(take.label), take.number]
    look = LOOKS[recipe.look]
    return draw_performance(
        take.label,
        num_frames=recipe.frames,
        min_intensity=recipe.min_intensity,
        max_intensity=recipe.max_intensity,
        rng=np.random.default_rng(seed),
        resting=look.cast(take.subject, seed=recipe.seed).resting,
        variants=look.variants,
    )


def portrait_of(index: int, recipe: SynthesisRecipe, head: HeadModel) -> Portrait:
    """Return the portrait of subject ``index``, from which frames are rendered."""
    return make_portrait(
        head,
        LOOKS[recipe.look].cast(index, seed=recipe.seed),
        size=recipe.size,
        supersampling=recipe.supersampling,
        seed=recipe.seed + index,
    )


def _about(recipe: SynthesisRecipe) -> dict[str, Any]:
    """Return the content of corpus.json."""
    return {
        "schema_version": SCHEMA_VERSION,
        "made_by": {name: version(name) for name in ("ferfusion", "anny")},
        "rights": RIGHTS,
        "recipe": recipe.to_dict(),
    }


def _begin(root: Path, recipe: SynthesisRecipe) -> None:
    """Write corpus.json, or check that the folder's corpus.json has the same recipe and versions.

    Raises:
        CorpusError: the folder holds anything else.
    """
    path, about = root / "corpus.json", _about(recipe)
    if not path.exists():
        if not is_new_or_empty(root):
            raise CorpusError(f"{root} is not empty and is no rendered corpus; give a new folder")
        write_text(path, json.dumps(about, indent=2) + "\n")
    elif read_json(path, error=CorpusError, advice="give a new folder") != about:
        raise CorpusError(
            f"{root} was rendered with another recipe or version (see {path}); give a new folder"
        )


def unfinished(root: Path, recipe: SynthesisRecipe, *, with_flow: bool) -> list[Take]:
    """Return the clips with a missing file."""
    return [
        take
        for take in takes(recipe)
        if not (root / take.path).exists() or (with_flow and not (root / take.flow_path).exists())
    ]


def _write_video(path: Path, portrait: Portrait, performance: Performance, recipe: SynthesisRecipe) -> None:
    """Render a clip to an H.264 file; the slow preset makes it small."""
    images = render_frames(portrait, performance, portrait.vertices(performance))
    with VideoWriter(
        path,
        width=recipe.size,
        height=recipe.size,
        rate=recipe.fps,
        crf=recipe.crf,
        preset="veryslow",
    ) as writer:
        for image in images:
            writer.write(image)


def _write_flow(path: Path, portrait: Portrait, performance: Performance) -> None:
    """Write a clip's true flow and the mask of the face, where it is known."""
    flow, mask = true_flow(portrait, portrait.vertices(performance))
    write_whole(path, lambda partial: save_file({"flow": flow, "face_mask": mask}, partial))


def _clip_row(take: Take, performance: Performance, recipe: SynthesisRecipe) -> dict[str, Any]:
    """Return a clip's row of corpus.csv."""
    return {
        "path": take.path.as_posix(),
        "label": take.label,
        "subject": take.subject_name,
        "frames": recipe.frames,
        "fps": recipe.fps,
        "peak_intensity": round(performance.peak, 3),
        "seed": recipe.seed,
    }


def _frame_rows(take: Take, performance: Performance) -> pd.DataFrame:
    """Return a clip's rows of frames.csv, with a column for each of the 52 actions."""
    about = {
        "path": take.path.as_posix(),
        "label": take.label,
        "subject": take.subject_name,
        "frame": np.arange(len(performance.intensity)),
        "intensity": performance.intensity.round(3),
    }
    weights = pd.DataFrame(performance.weights.round(2), columns=list(ACTIONS))
    return pd.concat([pd.DataFrame(about), weights], axis=1)


def _write_tables(root: Path, recipe: SynthesisRecipe) -> None:
    """Write corpus.csv and truth/frames.csv; an action that the corpus never uses has no column."""
    played = [(take, perform(take, recipe)) for take in takes(recipe)]
    clips = pd.DataFrame([_clip_row(take, performance, recipe) for take, performance in played])
    frames = pd.concat([_frame_rows(take, performance) for take, performance in played], ignore_index=True)
    unused = [name for name in ACTIONS if not frames[name].any()]
    with replaced_result(root, earlier=_TABLES) as new:
        write_table(new / "corpus.csv", clips, float_format=None)
        write_table(new / "truth" / "frames.csv", frames.drop(columns=unused), float_format="%g")


def write_corpus(
    root: Path, recipe: SynthesisRecipe, *, with_flow: bool = False, head: HeadModel | None = None
) -> Iterator[Path]:
    """Render the missing clips of a corpus, then write its tables; yield the path of each rendered video.

    Args:
        root: Folder of the corpus, new or unfinished.
        recipe: Settings of the corpus.
        with_flow: Also write the true flow of every clip.
        head: The mean head; loaded if None.

    Raises:
        CorpusError: ``root`` holds anything but this corpus, or ``corpus.json`` is damaged.
        FileError: another process writes the folder, or a file cannot be written.
        MissingExtraError: the package anny is not installed.
    """
    require("anny", extra="synth")
    files = [each for take in takes(recipe) for each in (take.path, take.flow_path)]
    with only_writer(root, subfolders=sorted({file.parent.as_posix() for file in files} | {"truth"})):
        yield from _write_corpus(root, recipe, with_flow=with_flow, head=head)


def _write_corpus(
    root: Path, recipe: SynthesisRecipe, *, with_flow: bool, head: HeadModel | None
) -> Iterator[Path]:
    _begin(root, recipe)
    portrait, filmed = None, -1
    for take in unfinished(root, recipe, with_flow=with_flow):
        head = head or load_head()
        if portrait is None or filmed != take.subject:
            portrait, filmed = portrait_of(take.subject, recipe, head), take.subject
        performance = perform(take, recipe)
        if with_flow:
            _write_flow(root / take.flow_path, portrait, performance)
        _write_video(root / take.path, portrait, performance, recipe)
        yield root / take.path
    _write_tables(root, recipe)
