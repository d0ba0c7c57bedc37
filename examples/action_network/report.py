"""What the action network is worth: against the truth of rendered people, and against the teacher."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from faces import Faces
from ferfusion.actions.names import ACTION_COLUMNS, ACTIONS, POSE, other_side, without_side
from ferfusion.actions.small_network import ActionNetwork
from ferfusion.synthesis.actions import PROTOTYPES, weights_of_units
from ferfusion.synthesis.everyday import EMFACS_VARIANTS
from fit import LEAST_CORRELATION, Scale, answers_of
from gather import labelled_faces

LEAST_TRUTH = 0.5
LEAST_TAUGHT = 0.5
"""Correlation with the truth, and with the teacher, from which on an action is given."""
LEAST_TOLD_APART = 0.6
"""Area under the curve from which on labelled photographs confirm an action that the teacher cannot judge."""


def correlation(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Return the correlation of the values that both have; nan where one of them does not vary."""
    both = np.isfinite(first) & np.isfinite(second)
    if both.sum() < 3 or first[both].std() < 1e-3 or second[both].std() < 1e-3:
        return np.nan
    return float(np.corrcoef(first[both], second[both])[0, 1])


def expressions_with(action: str) -> list[str]:
    """Return the expressions of which some way to show them always has an action.

    >>> expressions_with("noseSneerLeft")
    ['Disgust']
    """
    return [
        name
        for name, ways in EMFACS_VARIANTS.items()
        if any(action in weights_of_units(way.core) for way in (*ways, PROTOTYPES[name]))
    ]


def told_apart(answers: NDArray[np.floating], labels: NDArray[np.str_], expressions: list[str]) -> float:
    """Return the area under the curve of an action: photographs of expressions that have it, and others.

    It is nan if no expression has it, or all have.
    """
    shown = np.isin(labels, expressions)
    return float(roc_auc_score(shown, answers)) if 0 < shown.sum() < len(shown) else np.nan


def measure(network: ActionNetwork, work: Path, scale: Scale, stills: Path) -> pd.DataFrame:
    """Return a row per action and angle.

    Columns: r on rendered people apart, of each look; error and error of the mean on all of them; r of the
    teacher on rendered people who were learned; r with the teacher on FER2013's test part and on photographs
    apart; area under the curve of the action on the labelled photographs of FER2013's choosing part; whether
    the action is given. These sets choose what is given, so the figures of the given actions are a selection.
    """
    images, labels = labelled_faces(stills, "validation")
    labelled = answers_of(network, Faces.of_images(images))
    sets = {
        name: Faces.load(work / f"{name}_apart.safetensors")
        for name in ("studio", "everyday", "photographs", "faces")
    }
    known = {name: np.hstack([one.weights, one.pose]) for name, one in sets.items()}
    found = {name: answers_of(network, one) for name, one in sets.items()}
    true = np.concatenate([known["studio"], known["everyday"]])
    error = true - np.concatenate([found["studio"], found["everyday"]])
    rows = []
    for column, name in enumerate(ACTION_COLUMNS):
        told = told_apart(labelled[:, column], labels, expressions_with(name))
        follows = {each: correlation(known[each][:, column], found[each][:, column]) for each in sets}
        rows.append(
            {
                "action": name,
                "r_studio": follows["studio"],
                "r_everyday": follows["everyday"],
                "mae": np.abs(error[:, column]).mean(),
                "mae_of_mean": np.abs(true[:, column] - true[:, column].mean()).mean(),
                "teacher_r": scale.correlation[column],
                "r_fer2013": follows["photographs"],
                "r_faces": follows["faces"],
                "auc": told,
                "given": min(follows["studio"], follows["everyday"]) >= LEAST_TRUTH
                and (
                    min(follows["photographs"], follows["faces"]) >= LEAST_TAUGHT
                    if scale.correlation[column] >= LEAST_CORRELATION
                    else told >= LEAST_TOLD_APART
                ),
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
        "| action | r: studio | everyday | MAE | MAE of the mean | "
        "landmarker's r | r with it: FER2013 | faces | AUC | given |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    given = given_actions(table)
    by_name = table.set_index("action")
    for name in (*ACTIONS, *POSE):
        if name.endswith("Right") and other_side(name) in by_name.index:
            continue
        both = by_name.loc[list(dict.fromkeys((name, other_side(name))))]
        digits = 1 if name in POSE else 3
        cells = [", ".join(_number(v, 2) for v in both[key]) for key in ("r_studio", "r_everyday")]
        cells += [", ".join(_number(value, digits) for value in both[key]) for key in ("mae", "mae_of_mean")]
        cells += [
            ", ".join(_number(v, 2) for v in both[key])
            for key in ("teacher_r", "r_fer2013", "r_faces", "auc")
        ]
        said = "yes" if name in given or name in POSE else "no"
        names = list(dict.fromkeys(map(without_side, both.index)))
        lines.append(f"| `{'`, `'.join(names)}` | " + " | ".join(cells) + f" | {said} |")
    return "\n".join(lines)


def _number(value: float, digits: int) -> str:
    return "-" if not np.isfinite(value) else f"{value:.{digits}f}"
