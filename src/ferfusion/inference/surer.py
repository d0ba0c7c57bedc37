"""What would make the verdict on a face surer: how the face was filmed, as far as the frame table has it."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from ferfusion.inference.verdict import FaceVerdict
from ferfusion.reporting.words import counted

TURNED_DEGREES = 25.0
"""Above it, the median face is half in profile."""
SHORT_SECONDS = 1.0
SELDOM_SHARE = 0.5
_ANGLES = ("yaw", "pitch")


def with_advice(
    verdicts: Sequence[FaceVerdict], table: pd.DataFrame, *, size_px: int, is_photograph: bool = False
) -> list[FaceVerdict]:
    """Return the verdicts; those that name no class have what would make them surer.

    Args:
        verdicts: Verdicts on the faces of a frame table.
        table: The frame table.
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
    if is_photograph:
        return tuple(found)
    if float(rows["seconds"].max() - rows["seconds"].min()) < SHORT_SECONDS:
        found.append(f"it is in view in {counted(len(rows), 'frame')} only: a longer video says more")
    elif verdict.share_of_frames < SELDOM_SHARE:
        found.append(f"it is in view in {verdict.share_of_frames:.0%} of the frames: keep it in view")
    return tuple(found)
