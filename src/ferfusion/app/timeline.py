"""The timeline of a face at any zoom: means of columns of time, from sums that are made once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import ferfusion as fer

MOST_POINTS = 4_000
MOST_STRETCHES = 4_096
"""Named stretches of one answer; of more, the longest are told."""
_WHY_AWAY = {
    "ok": "another face is in view",
    "no_face": "no face was found",
    "small_face": "the face is too small",
    "low_score": "the detection has a low score",
    "decode_error": "the frames could not be decoded",
}


@dataclass(frozen=True)
class FaceTimeline:
    """What the timeline of one face is drawn from.

    Attributes:
        classes: The classes.
        frame_seconds: Times of all frames with a prediction, rising, (F,).
        seconds: Times of those with this face, (N,).
        sums: Running sums of its smoothed probabilities, (N + 1, C).
        named: Its named stretches.
        gaps: Stretches in which it is not in view, and why.
    """

    classes: tuple[str, ...]
    frame_seconds: NDArray[np.float64]
    seconds: NDArray[np.float64]
    sums: NDArray[np.float64]
    named: Sequence[tuple[float, float, str]]
    gaps: Sequence[tuple[float, float, str]]

    def between(self, start: float, end: float, points: int) -> dict[str, Any]:
        """Return the timeline of a stretch in at most ``points`` columns.

        Columns are frames where there are few, and else parts of the same length. ``seconds`` are their
        starts, ``step`` their length, ``p`` the mean probabilities of each class, None without the face.
        """
        edges = self._edges(start, end, points)
        places = np.searchsorted(self.seconds, edges - 1e-6)
        counts = np.diff(places)
        sums = self.sums[places[1:]] - self.sums[places[:-1]]
        means = sums / np.maximum(counts, 1)[:, None]
        is_seen = counts > 0
        steps = np.diff(edges)
        return {
            "step": round(float(np.median(steps)), 6) if len(steps) else 0.0,
            "seconds": edges[:-1].round(6).tolist(),
            "p": {
                name: [round(value, 4) if seen else None for value, seen in zip(column, is_seen, strict=True)]
                for name, column in zip(self.classes, means.T.tolist(), strict=True)
            },
            "named": [
                {"from": one, "to": other, "expression": name}
                for one, other, name in _longest(self.named, start, end)
            ],
            "gaps": [list(gap) for gap in _longest(self.gaps, start, end)],
        }

    def _edges(self, start: float, end: float, points: int) -> NDArray[np.float64]:
        first, last = np.searchsorted(self.frame_seconds, [start - 1e-6, end - 1e-6])
        frames = self.frame_seconds[first:last]
        if 0 < len(frames) <= points:
            step = float(np.median(np.diff(self.frame_seconds))) if len(self.frame_seconds) > 1 else 0.04
            return np.append(frames, max(min(end, frames[-1] + step), frames[-1] + 1e-3))
        return np.linspace(start, end, points + 1)


class Timelines:
    """The timelines of the faces of a prediction, and its boxes.

    Args:
        seen: The prediction.
    """

    def __init__(self, seen: "fer.WrittenPrediction") -> None:
        self._seen = seen
        table = seen.joined_table
        seconds = table["seconds"].to_numpy(np.float64)
        self.frame_seconds, first = np.unique(seconds, return_index=True)
        self._row_seconds = seconds
        self._statuses = table["status"].to_numpy(dtype=object)
        self._status_of_frame = self._statuses[first]
        self._faces = table["face"].to_numpy(dtype=float, na_value=np.nan)
        self._smoothed = table[list(seen.smoothed_columns)].to_numpy(np.float64)
        self._made: dict[int, FaceTimeline] = {}

    @property
    def span(self) -> tuple[float, float]:
        """Time of the first frame, and the time at which the last one ends."""
        times = self.frame_seconds
        if len(times) < 2:
            return (float(times[0]), float(times[0]) + 0.04) if len(times) else (0.0, 0.0)
        return float(times[0]), float(times[-1] + np.median(np.diff(times)))

    def of(self, face: int) -> FaceTimeline:
        """Return the timeline of a face; one that is nowhere is never in view."""
        if face not in self._made:
            self._made[face] = self._make(face)
        return self._made[face]

    def seen_between(self, face: int) -> tuple[float, float] | None:
        """Return the times of the first and the last frame with a face."""
        times = self.of(face).seconds
        return (float(times[0]), float(times[-1])) if len(times) else None

    def boxes(self, start: float, end: float) -> list[dict[str, Any]]:
        """Return a row for each frame and face of a stretch."""
        first, last = np.searchsorted(self._row_seconds, [start - 1e-6, end - 1e-6])
        names = ["frame", "seconds", "face", "x", "y", "w", "h", "status", "smoothed"]
        rows = self._seen.joined_table.iloc[first:last][names].astype(object)
        return [_box(row) for row in rows.where(rows.notna(), None).to_dict("records")]

    def _make(self, face: int) -> FaceTimeline:
        rows = np.flatnonzero((self._faces == face) & (self._statuses == "ok"))
        values = self._smoothed[rows]
        sums = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
        seconds = self._row_seconds[rows]
        spans = self._seen.spans.get(face, [])
        return FaceTimeline(
            classes=self._seen.labels.names,
            frame_seconds=self.frame_seconds,
            seconds=seconds,
            sums=sums,
            named=[(span.start, span.end, span.expression) for span in spans],
            gaps=self._gaps(seconds),
        )

    def _gaps(self, seconds: NDArray[np.float64]) -> list[tuple[float, float, str]]:
        """Return the stretches of frames without a face, with the most frequent reason."""
        is_away = ~np.isin(self.frame_seconds, seconds)
        turns = np.flatnonzero(np.diff(np.concatenate([[0], is_away.astype(np.int8), [0]])))
        ends = np.append(self.frame_seconds, self.span[1])
        gaps = []
        for first, last in turns.reshape(-1, 2):
            statuses, counts = np.unique(self._status_of_frame[first:last].astype(str), return_counts=True)
            why = str(statuses[counts.argmax()])
            gaps.append((float(ends[first]), float(ends[last]), _WHY_AWAY.get(why, why)))
        return gaps


def _box(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return the box of a row of the frame table."""
    sides = {side: None if row[side] is None else round(float(row[side]), 1) for side in "xywh"}
    return {
        "frame": int(row["frame"]),
        "seconds": float(row["seconds"]),
        "face": None if row["face"] is None else int(row["face"]),
        **sides,
        "status": row["status"],
        "expression": row["smoothed"] or None,
    }


def _longest(
    stretches: Sequence[tuple[float, float, str]], start: float, end: float
) -> list[tuple[float, float, str]]:
    """Return the stretches of a part of the time; of too many, the longest, in the order of time."""
    found = [each for each in stretches if each[1] > start and each[0] < end]
    if len(found) > MOST_STRETCHES:
        shortest = sorted(each[1] - each[0] for each in found)[-MOST_STRETCHES]
        found = [each for each in found if each[1] - each[0] >= shortest][:MOST_STRETCHES]
    return found
