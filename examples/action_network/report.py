"""What the action network is worth: against the truth of rendered people, and against the teacher."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faces import Faces
from ferfusion.actions.names import ACTION_COLUMNS, ACTIONS, POSE, other_side, without_side
from ferfusion.actions.small_network import ActionNetwork
from fit import Scale, answers_of

LEAST_TRUTH = 0.5
LEAST_TAUGHT = 0.5
"""Correlation with the truth, and with the teacher, from which on an action is given."""


def correlation(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Return the correlation of the values that both have; nan where one of them does not vary."""
    both = np.isfinite(first) & np.isfinite(second)
    if both.sum() < 3 or first[both].std() < 1e-3 or second[both].std() < 1e-3:
        return np.nan
    return float(np.corrcoef(first[both], second[both])[0, 1])


def measure(network: ActionNetwork, work: Path, scale: Scale) -> pd.DataFrame:
    """Return a row per action and angle.

    Columns: r, error and error of the mean on rendered people apart; r of the teacher on rendered people who
    were learned; r with the teacher on FER2013's test part and on photographs apart; whether the action is
    given. These sets choose what is given, so the r of the given actions is a selection.
    """
    rendered = Faces.load(work / "rendered_apart.safetensors")
    taught = [Faces.load(work / f"{name}_apart.safetensors") for name in ("photographs", "faces")]
    true = np.hstack([rendered.weights, rendered.pose])
    found = answers_of(network, rendered)
    teacher = [np.hstack([one.weights, one.pose]) for one in taught]
    learned = [answers_of(network, one) for one in taught]
    rows = []
    for column, name in enumerate(ACTION_COLUMNS):
        truth = correlation(true[:, column], found[:, column])
        as_taught = [correlation(t[:, column], f[:, column]) for t, f in zip(teacher, learned, strict=True)]
        rows.append(
            {
                "action": name,
                "r": truth,
                "mae": np.abs(true[:, column] - found[:, column]).mean(),
                "mae_of_mean": np.abs(true[:, column] - true[:, column].mean()).mean(),
                "teacher_r": scale.correlation[column],
                "r_fer2013": as_taught[0],
                "r_faces": as_taught[1],
                "given": truth >= LEAST_TRUTH and min(as_taught) >= LEAST_TAUGHT,
            }
        )
    return pd.DataFrame(rows)


def given_actions(table: pd.DataFrame) -> tuple[str, ...]:
    """Return the names of the actions that are given: both sides, or neither."""
    given = set(table.loc[table["given"], "action"])
    return tuple(name for name in ACTIONS if name in given and other_side(name) in given)


def as_markdown(table: pd.DataFrame) -> str:
    """Return the table for the docs; the two sides of an action are one row."""
    lines = [
        "| action | r | MAE | MAE of the mean | landmarker's r | r with it: FER2013 | faces | given |",
        "|---|---|---|---|---|---|---|---|",
    ]
    given = given_actions(table)
    by_name = table.set_index("action")
    for name in (*ACTIONS, *POSE):
        if name.endswith("Right") and other_side(name) in by_name.index:
            continue
        both = by_name.loc[list(dict.fromkeys((name, other_side(name))))]
        digits = 1 if name in POSE else 3
        cells = [", ".join(_number(value, 2) for value in both["r"])]
        cells += [", ".join(_number(value, digits) for value in both[key]) for key in ("mae", "mae_of_mean")]
        cells += [
            ", ".join(_number(v, 2) for v in both[key]) for key in ("teacher_r", "r_fer2013", "r_faces")
        ]
        said = "yes" if name in given or name in POSE else "no"
        names = list(dict.fromkeys(map(without_side, both.index)))
        lines.append(f"| `{'`, `'.join(names)}` | " + " | ".join(cells) + f" | {said} |")
    return "\n".join(lines)


def _number(value: float, digits: int) -> str:
    return "-" if not np.isfinite(value) else f"{value:.{digits}f}"
