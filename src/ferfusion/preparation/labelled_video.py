"""Prepare one labelled video: its clip file, its PNG images, and its rows of every table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ferfusion.actions.names import ACTION_COLUMNS, ACTIONS
from ferfusion.corpora.entries import VideoEntry
from ferfusion.errors import VideoError
from ferfusion.faces.detectors import Detection
from ferfusion.files import write_bytes, write_rows
from ferfusion.flow.encodings import FLOW_ENCODINGS
from ferfusion.preparation.clip_file import Pieces, write_clip
from ferfusion.preparation.dataset import DatasetFiles
from ferfusion.preparation.face_spool import FaceSpool, SpooledFace, labelled_face, main_face
from ferfusion.preparation.frame_preparer import kept_preparer
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.preparation.segments import kept_pairs
from ferfusion.reporting.words import any_of, counted
from ferfusion.video.images import list_images, read_image_frames
from ferfusion.video.reader import Frame, read_frames, read_info
from ferfusion.video.stretch import why_no_frame

FRAME_COLUMNS = ("frame", "seconds", "status", "x", "y", "w", "h", "score")
"""Columns of ``frames.csv`` after the first, ``video``."""
PAIR_COLUMNS = ("segment", "pair", "frame", "seconds")
"""What the rows of a video have of each kept pair."""
_PNG = (cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP)
"""Of OpenCV's filters, this one makes the smallest of the quickest files, of crops and of flows."""
ROWS = MappingProxyType({"stamp": dict, "video": dict, "frames": list[list[Any]], "pairs": list[list[float]]})
"""The content of the file with the rows of a video."""


@dataclass(frozen=True)
class PrepareJob:
    """Everything that a worker needs to prepare one video of a corpus.

    Attributes:
        entry: The video and its labels.
        dataset: The dataset folder.
        prepare_recipe: Settings of preparation.
        images: Whether every kept pair is written as two PNG files too.
        detector_model: Model file of the detector, for one that comes without.
        actions: Estimator of the facial actions and the head pose that the clip has; empty for none.
    """

    entry: VideoEntry
    dataset: Path
    prepare_recipe: PrepareRecipe
    images: bool
    detector_model: Path | None = None
    actions: str = ""

    @property
    def rows_file(self) -> Path:
        """The video's rows of every table; it exists once everything of the video is on disk."""
        return DatasetFiles(self.dataset).rows_file(self.entry.video_id)

    @property
    def clip_file(self) -> Path:
        """The video's clip file; there is none if no pair is kept."""
        return DatasetFiles(self.dataset).clip_file(self.entry.video_id)

    @property
    def stamp(self) -> dict[str, Any]:
        """Everything that must be the same for the rows on disk to be up to date."""
        entry = self.entry
        further: dict[str, Any] = {"actions": self.actions} if self.actions else {}
        further |= {} if entry.face is None else {"face": [entry.face.seconds, *entry.face.box]}
        return further | {
            "recipe_hash": self.prepare_recipe.hash,
            "images": self.images,
            "bytes": _bytes_on_disk(entry.path),
            "stretch": [entry.start_seconds, entry.end_seconds],
            "rotation_degrees": entry.rotation_degrees,
            "images_per_second": entry.images_per_second,
        }


def prepare_video(job: PrepareJob) -> str:
    """Prepare one video and return its id; a video that cannot be used gets a row with the reason."""
    frames: list[FrameNote] = []
    fps, duration, reason = 0.0, None, ""
    with FaceSpool(job.rows_file.parent, job.prepare_recipe.size) as spool:
        try:
            fps, duration = _rate_and_duration(job.entry)
            preparer = kept_preparer(
                job.prepare_recipe,
                every_face=job.entry.face is not None,
                detector_model=job.detector_model,
                actions=job.actions,
            )
            for frame in preparer.prepare(read_entry(job.entry)):
                frames.append(FrameNote(frame.index, frame.seconds, frame.status, frame.rejected))
                spool.add(frame)
        except VideoError as error:
            reason = str(error)
        wanted = job.entry.face
        clip = main_face(spool.faces) if wanted is None else labelled_face(spool.faces, wanted)
        others = len(spool.faces) - len(clip)
        pairs = _write_clip(job, clip, spool)
    reason = reason or _why_unreadable(frames, job.entry, duration)
    status, why = _status_and_reason(reason, len(frames), len(clip), len(pairs))
    if status == "no_face" and wanted is not None and others:
        why = f"the face of the label, {wanted.in_words}, is not there; other faces are"
    row = {
        "fps": fps,
        "frames": len(frames),
        "faces": len(clip),
        "pairs": len(pairs),
        "status": status,
        "reason": why,
    }
    if note := note_of_shortening(duration, end_seconds=job.entry.end_seconds, fps=fps):
        row["note"] = note
    write_rows(
        job.rows_file,
        {"stamp": job.stamp, "video": row, "frames": _frame_rows(frames, clip), "pairs": pairs},
    )
    return job.entry.video_id


def read_entry(entry: VideoEntry) -> Iterator[Frame]:
    """Yield the frames of a corpus's entry: of a video file, or of a folder of images."""
    if entry.path.is_dir():
        return read_image_frames(
            entry.path,
            rate=entry.images_per_second,
            start_seconds=entry.start_seconds,
            end_seconds=entry.end_seconds,
        )
    return read_frames(
        entry.path,
        start_seconds=entry.start_seconds,
        end_seconds=entry.end_seconds,
        rotation_degrees=entry.rotation_degrees,
    )


def _rate_and_duration(entry: VideoEntry) -> tuple[float, float | None]:
    if entry.path.is_dir():
        return entry.images_per_second, len(list_images(entry.path)) / entry.images_per_second
    video_info = read_info(entry.path)
    return float(video_info.rate), video_info.seconds


def _bytes_on_disk(path: Path) -> int:
    if path.is_dir():
        return sum(image.stat().st_size for image in list_images(path))
    return path.stat().st_size if path.exists() else 0  # a broken link gets a row with the reason


@dataclass(frozen=True)
class FrameNote:
    """The values of a decoded frame that ``frames.csv`` needs."""

    index: int
    seconds: float
    status: str
    rejected: Detection | None


def _why_unreadable(frames: Sequence[FrameNote], entry: VideoEntry, duration: float | None) -> str:
    if not frames:
        return why_no_frame(
            duration_seconds=duration, start_seconds=entry.start_seconds, end_seconds=entry.end_seconds
        )
    if all(frame.status == "decode_error" for frame in frames):
        return f"nothing can be decoded in {any_of(len(frames), 'frame')}"
    return ""


def _status_and_reason(reason: str, num_frames: int, num_faces: int, num_pairs: int) -> tuple[str, str]:
    """Return (status, reason) of a video's row.

    >>> _status_and_reason("", 40, 1, 0)
    ('too_short', 'a face in 1 of 40 frames, and a pair needs two in a row')
    """
    if reason:
        return "unreadable", reason
    if num_faces == 0:
        return "no_face", f"no face in {any_of(num_frames, 'frame')}"
    if num_pairs == 0:
        return (
            "too_short",
            f"a face in {num_faces} of {counted(num_frames, 'frame')}, and a pair needs two in a row",
        )
    return "ok", ""


def note_of_shortening(duration_seconds: float | None, *, end_seconds: float | None, fps: float) -> str:
    """Return that a stretch ends after its video; empty if it does not, by more than a frame.

    >>> note_of_shortening(1.28, end_seconds=20.0, fps=25.0)
    'the stretch ends at 20 s, after the video, which lasts 1.28 s'
    >>> note_of_shortening(1.28, end_seconds=1.3, fps=25.0)
    ''
    """
    if duration_seconds is None or end_seconds is None or fps <= 0:
        return ""
    if end_seconds <= duration_seconds + 1 / fps:
        return ""
    return f"the stretch ends at {end_seconds:g} s, after the video, which lasts {duration_seconds:.2f} s"


def _write_clip(job: PrepareJob, clip: Sequence[SpooledFace], spool: FaceSpool) -> list[list[float]]:
    """Write the clip and its PNG images; return (segment, pair, frame, seconds) of each kept pair."""
    pair_ok = np.array([face.has_flow for face in clip[:-1]], bool)
    kept = kept_pairs(
        pair_ok, segment_length=job.prepare_recipe.segment_length, keep_every=job.prepare_recipe.keep_every
    )
    if not kept:
        return []
    actions = action_arrays(clip) if job.actions else {}
    write_clip(job.clip_file, clip_arrays(clip, spool) | actions)
    if job.images:
        _write_images(job, [clip[pair] for _, pair in kept], spool)
    return [[segment, pair, clip[pair].frame, clip[pair].seconds] for segment, pair in kept]


def clip_arrays(clip: Sequence[SpooledFace], spool: FaceSpool) -> dict[str, Pieces | NDArray[Any]]:
    """Return the arrays of the clip file of a face with T frames.

    The flow of a pair that is not ``pair_ok`` is zero.
    """
    count, size = len(clip), spool.size
    rows = [face.row for face in clip]
    return {
        "crops": Pieces(np.uint8, (count, size, size, 3), spool.crops(rows)),
        "flow": Pieces(np.float16, (count - 1, 2, size, size), spool.flows(rows[:-1])),
        "pair_ok": np.array([face.has_flow for face in clip[:-1]], bool),
        "frame_index": np.array([face.frame for face in clip], np.int32),
        "seconds": np.array([face.seconds for face in clip], np.float64),
        "boxes": np.stack([face.box for face in clip]).astype(np.float32),
        "scores": np.array([face.score for face in clip], np.float32),
    }


def action_arrays(clip: Sequence[SpooledFace]) -> dict[str, Pieces | NDArray[Any]]:
    """Return the facial actions and the head pose of a clip; nan where they could not be read."""
    unread = np.full(len(ACTION_COLUMNS), np.nan, np.float32)
    rows = np.stack([unread if face.actions is None else face.actions.row for face in clip])
    return {"actions": rows[:, : len(ACTIONS)], "pose": rows[:, len(ACTIONS) :]}


def image_names(video_id: str, frame: int) -> tuple[str, str]:
    """Return the paths of a pair's PNG files, flow and face, inside the dataset folder."""
    name = f"{video_id}_{frame:06d}.png"
    return f"imgs_flow/{name}", f"imgs_spatial/{name}"


def _write_images(job: PrepareJob, faces: Sequence[SpooledFace], spool: FaceSpool) -> None:
    rows = [face.row for face in faces]
    names = iter(image_names(job.entry.video_id, face.frame) for face in faces)
    for crops, flows in zip(spool.crops(rows), spool.flows(rows), strict=True):
        flows_hsv = np.moveaxis(np.asarray(FLOW_ENCODINGS["hsv"](flows.astype(np.float32))), 1, -1)
        flows_rgb = np.clip(flows_hsv * 255 + 0.5, 0, 255).astype(np.uint8)
        for flow_rgb, crop in zip(flows_rgb, crops, strict=True):
            flow_name, spatial_name = next(names)
            _write_png(job.dataset / flow_name, flow_rgb)
            _write_png(job.dataset / spatial_name, crop)


def _write_png(path: Path, image_rgb: NDArray[np.uint8]) -> None:
    ok, png = cv2.imencode(".png", image_rgb[..., ::-1], _PNG)
    if not ok:
        raise VideoError(f"OpenCV could not encode {path.name}")
    write_bytes(path, png.tobytes())


def _frame_rows(frames: Sequence[FrameNote], clip: Sequence[SpooledFace]) -> list[list[Any]]:
    """Return a row for every decoded frame, with its box, if any, in hundredths of a pixel."""
    kept = {face.frame: face for face in clip}
    rows = []
    for frame in frames:
        face = kept.get(frame.index)
        shown = face or frame.rejected
        box = [round(float(value), 2) for value in shown.box] if shown else [None] * 4
        score = round(shown.score, 3) if shown else None
        status = "ok" if face else "no_face" if frame.status == "ok" else frame.status
        rows.append([frame.index, round(frame.seconds, 6), status, *box, score])
    return rows
