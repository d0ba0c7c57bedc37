"""Prepare one labelled video: a clip file, its pictures for people, and its rows of every table."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ferfusion.corpora.entries import VideoEntry
from ferfusion.errors import VideoError
from ferfusion.flow.encodings import FLOW_ENCODINGS
from ferfusion.prepare.clip import FramePreparer, PreparedFace, PreparedFrame
from ferfusion.prepare.recipe import PrepareRecipe
from ferfusion.prepare.segments import kept_pairs
from ferfusion.prepare.store import write_clip, write_json
from ferfusion.video.reader import read_frames, read_info

FRAME_COLUMNS = ("frame", "seconds", "status", "x", "y", "w", "h", "score")


@dataclass(frozen=True)
class VideoJob:
    """All that a worker needs to prepare one video of a corpus into a dataset folder."""

    entry: VideoEntry
    dataset: Path
    recipe: PrepareRecipe
    images: bool

    @property
    def part_file(self) -> Path:
        """The video's rows of every table; it exists once everything of the video is on disk."""
        return self.dataset / ".parts" / f"{self.entry.video_id}.json"

    @property
    def stamp(self) -> dict[str, Any]:
        """What must be the same for the work to count as done."""
        entry = self.entry
        return {
            "recipe_hash": self.recipe.hash,
            "images": self.images,
            "bytes": entry.path.stat().st_size,
            "stretch": [entry.start_seconds, entry.end_seconds],
        }


@dataclass(frozen=True)
class _ClipFrame:
    index: int
    seconds: float
    face: PreparedFace


def prepare_video(job: VideoJob) -> str:
    """Prepare one video and return its id; a video that cannot be used becomes a row with the reason."""
    frames: list[PreparedFrame] = []
    fps, reason = 0.0, ""
    try:
        fps = float(read_info(job.entry.path).rate)
        stretch = read_frames(
            job.entry.path, start_seconds=job.entry.start_seconds, end_seconds=job.entry.end_seconds
        )
        frames.extend(FramePreparer(job.recipe).prepare(stretch))
    except VideoError as error:
        reason = str(error)
    clip = main_face(frames)
    pairs = _write_clip(job, clip) if len(clip) > 1 else []
    status, why = _verdict(reason, len(frames), len(clip), len(pairs))
    row = {
        "fps": fps,
        "frames": len(frames),
        "faces": len(clip),
        "pairs": len(pairs),
        "status": status,
        "reason": why,
    }
    write_json(
        job.part_file,
        {"stamp": job.stamp, "video": row, "frames": _frame_rows(frames, clip), "pairs": pairs},
    )
    return job.entry.video_id


def main_face(frames: Iterable[PreparedFrame]) -> list[_ClipFrame]:
    """Return the frames of the face that fills the most of the video.

    A track that never shares a frame with it (the face was away for long and came back) is joined to it.
    """
    tracks: dict[int, list[_ClipFrame]] = defaultdict(list)
    for frame in frames:
        for face in frame.faces:
            tracks[face.track].append(_ClipFrame(frame.index, frame.seconds, face))
    clip: dict[int, _ClipFrame] = {}
    for track in sorted(tracks.values(), key=_filled_area, reverse=True):
        if not any(each.index in clip for each in track):
            clip |= {each.index: each for each in track}
    return [clip[index] for index in sorted(clip)]


def _filled_area(track: Sequence[_ClipFrame]) -> float:
    return sum(float(each.face.box[2:].prod()) for each in track)


def _verdict(reason: str, num_frames: int, num_faces: int, num_pairs: int) -> tuple[str, str]:
    """Return (status, reason) of a video's row.

    >>> _verdict("", 40, 1, 0)
    ('too_short', 'a face in 1 of 40 frames, and a pair needs two in a row')
    """
    if reason:
        return "unreadable", reason
    if num_frames == 0:
        return "unreadable", "the video has no frame that can be decoded"
    if num_faces == 0:
        return "no_face", f"no face in any of {num_frames} frames"
    if num_pairs == 0:
        return "too_short", f"a face in {num_faces} of {num_frames} frames, and a pair needs two in a row"
    return "ok", ""


def clip_arrays(clip: Sequence[_ClipFrame]) -> dict[str, NDArray[Any]]:
    """Stack the frames of a clip into the arrays of a clip file (see the contract in the documentation)."""
    size = clip[0].face.luma.shape[0]
    none = np.zeros((2, size, size), np.float16)
    flows = [each.face.flow for each in clip[:-1]]
    # the flow leads to the very next stored frame, or there is none
    follows = [b.index == a.index + 1 and a.face.track == b.face.track for a, b in pairwise(clip)]
    pair_ok = np.array([flow is not None and ok for flow, ok in zip(flows, follows, strict=True)], bool)
    kept = [flow if flow is not None and ok else none for flow, ok in zip(flows, pair_ok, strict=True)]
    return {
        "crops": np.stack([each.face.crop for each in clip]),
        "flow": np.stack(kept),
        "pair_ok": pair_ok,
        "frame_index": np.array([each.index for each in clip], np.int32),
        "seconds": np.array([each.seconds for each in clip], np.float64),
        "boxes": np.stack([each.face.box for each in clip]).astype(np.float32),
        "scores": np.array([each.face.score for each in clip], np.float32),
    }


def _write_clip(job: VideoJob, clip: Sequence[_ClipFrame]) -> list[list[float]]:
    """Write the clip and its pictures; return (segment, pair, frame, seconds) of each kept pair."""
    arrays = clip_arrays(clip)
    kept = kept_pairs(
        arrays["pair_ok"], segment_length=job.recipe.segment_length, keep_every=job.recipe.keep_every
    )
    if not kept:
        return []
    write_clip(job.dataset / "clips" / f"{job.entry.video_id}.safetensors", arrays)
    if job.images:
        for _, pair in kept:
            _write_images(job, int(arrays["frame_index"][pair]), arrays["crops"][pair], arrays["flow"][pair])
    return [[segment, pair, clip[pair].index, clip[pair].seconds] for segment, pair in kept]


def image_names(video_id: str, frame: int) -> tuple[str, str]:
    """Return the paths of a pair's flow and face pictures inside the dataset folder."""
    name = f"{video_id}_{frame:06d}.png"
    return f"imgs_flow/{name}", f"imgs_spatial/{name}"


def _write_images(job: VideoJob, frame: int, crop: NDArray[np.uint8], flow: NDArray[np.float16]) -> None:
    drawn = FLOW_ENCODINGS["hsv"](flow[None].astype(np.float32))[0]
    flow_picture = np.moveaxis(np.asarray(drawn), 0, -1)
    flow_rgb = np.clip(flow_picture * 255 + 0.5, 0, 255).astype(np.uint8)
    for name, picture in zip(image_names(job.entry.video_id, frame), (flow_rgb, crop), strict=True):
        path = job.dataset / name
        path.parent.mkdir(exist_ok=True)
        ok, png = cv2.imencode(".png", picture[..., ::-1])
        if not ok:
            raise VideoError(f"OpenCV could not encode {name}")
        path.write_bytes(png.tobytes())


def _frame_rows(frames: Sequence[PreparedFrame], clip: Sequence[_ClipFrame]) -> list[list[Any]]:
    """Return a row for every decoded frame; a box where there is one, rounded to hundredths of a pixel."""
    kept = {each.index: each.face for each in clip}
    rows = []
    for frame in frames:
        face = kept.get(frame.index)
        found = face or frame.rejected
        box = [round(float(value), 2) for value in found.box] if found else [None] * 4
        score = round(found.score, 3) if found else None
        status = "ok" if face else "no_face" if frame.status == "ok" else frame.status
        rows.append([frame.index, round(frame.seconds, 6), status, *box, score])
    return rows
