"""What would make the verdict on a face surer: how it was filmed, and whether it speaks."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from ferfusion.inference.verdict import FaceVerdict
from ferfusion.reporting.words import counted

TURNED_DEGREES = 25.0
"""Above it, the median face is half in profile."""
SHORT_SECONDS = 1.0
SELDOM_SHARE = 0.5
DARK = 40.0
"""Mean value of a crop, of 255, below which a camera's noise is a good part of what the model sees."""
JAW_TURN = 0.08
"""Change of ``jawOpen`` that is an opening or a closing."""
TURNS_A_SECOND = 1.5
"""Openings and closings of a mouth that speaks: 2.0 to 4.4 on four real clips, others have at most 0.9."""
_ANGLES = ("yaw", "pitch")


def with_advice(
    verdicts: Sequence[FaceVerdict], table: pd.DataFrame, *, size_px: int, is_photograph: bool = False
) -> list[FaceVerdict]:
    """Return the verdicts; those that name no class have what would make them surer.

    Args:
        verdicts: Verdicts on the faces of a frame table.
        table: The frame table, with facial actions or without, and with the brightness of each crop.
        size_px: Side of the crops that the model reads.
        is_photograph: The table is of a photograph, which cannot be longer.
    """
    faces = table["face"]
    return [
        replace(verdict, would_help=_advice(verdict, table[faces == verdict.face], size_px, is_photograph))
        if verdict.why_no_class
        else verdict
        for verdict in verdicts
    ]


def _advice(verdict: FaceVerdict, rows: pd.DataFrame, size_px: int, is_photograph: bool) -> tuple[str, ...]:
    found = []
    width = float(rows["w"].median())
    if width < size_px:
        found.append(
            f"the face is {width:.0f} pixels wide and the model reads {size_px}: film it larger or closer"
        )
    for angle in _ANGLES:
        degrees = float(rows[angle].abs().median()) if angle in rows else 0.0
        if degrees > TURNED_DEGREES:
            way = "aside" if angle == "yaw" else "up or down"
            found.append(f"the face is turned {way} by {degrees:.0f} degrees: film it from the front")
    brightness = float(rows["brightness"].median())
    if brightness < DARK:
        found.append(f"the face is dark ({brightness:.0f} of 255): film it in more light")
    if is_photograph:
        return tuple(found)
    if float(rows["seconds"].max() - rows["seconds"].min()) < SHORT_SECONDS:
        found.append(f"it is in view in {counted(len(rows), 'frame')} only: a longer video says more")
    elif verdict.share_of_frames < SELDOM_SHARE:
        found.append(f"it is in view in {verdict.share_of_frames:.0%} of the frames: keep it in view")
    if speaks(rows):
        found.append("it speaks, which moves the mouth as expressions do: film it silent too")
    return tuple(found)


def speaks(rows: pd.DataFrame) -> bool:
    """Return whether a mouth opens and closes as often as in speech; False without facial actions.

    Args:
        rows: The rows of one face in a frame table, in the order of time.
    """
    if "jawOpen" not in rows:
        return False
    read = rows[rows["jawOpen"].notna()]
    seconds = float(read["seconds"].max() - read["seconds"].min()) if len(read) else 0.0
    return seconds >= SHORT_SECONDS and _turns(read["jawOpen"].tolist()) / seconds >= TURNS_A_SECOND


def _turns(values: Sequence[float]) -> int:
    """Return how often a curve turns, up or down, by at least ``JAW_TURN``."""
    turns, way = 0, 0
    low = high = values[0]
    for value in values:
        low, high = min(low, value), max(high, value)
        if way <= 0 and value >= low + JAW_TURN:
            turns, way, high = turns + 1, 1, value
        elif way >= 0 and value <= high - JAW_TURN:
            turns, way, low = turns + 1, -1, value
    return turns
