"""Predictions of several models on the classes that all of them have, such as six of seven."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from ferfusion.evaluation.learned import majority_rule
from ferfusion.evaluation.measured import Measured
from ferfusion.evaluation.metrics import FloatArray
from ferfusion.label_set import LabelSet
from ferfusion.reporting.words import counted, listed


@dataclass(frozen=True)
class Restricted:
    """Predictions on some of their classes: rows of other classes are left out.

    The probabilities of the kept classes are divided by their sum; where it is 0, they are equally likely.

    Attributes:
        whole: The predictions on all of their classes.
        labels: The kept classes.
    """

    whole: Measured
    labels: LabelSet

    @property
    def title(self) -> str:
        """Its name in tables, pages and messages."""
        return self.whole.title

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """A row per pair of a kept class."""
        table = self.whole.predictions
        table = table[table["emotion"].isin(self.labels.names)].reset_index(drop=True)
        columns = list(self.labels.probability_columns)
        shares = summing_to_one(table[columns].to_numpy(np.float64))
        dropped = [name for name in self.whole.labels.probability_columns if name not in columns]
        table = table.drop(columns=dropped)
        table[columns] = shares
        table["code"] = table["emotion"].map(self.labels.code).astype(np.int64)
        table["expression"] = np.array(self.labels.names)[shares.argmax(axis=1)]
        return table

    @property
    def parts(self) -> tuple[str, ...]:
        """Parts of the predictions that have a kept class, the one that is the result first."""
        there = set(self.predictions["part"])
        return tuple(part for part in self.whole.parts if part in there)

    @property
    def majority_code(self) -> int:
        """What the majority baseline always answers."""
        return self._majority[0]

    @property
    def majority_rule(self) -> str:
        """How that class was chosen."""
        return self._majority[1]

    @cached_property
    def _majority(self) -> tuple[int, str]:
        trained = {} if "train" in self.parts else self.pairs_by_class.get("train", {})
        if any(trained.values()):
            counts = [trained.get(name, 0) for name in self.labels.names]
            return int(np.argmax(counts)), majority_rule(trained)
        name = self.whole.labels.names[self.whole.majority_code]
        if name in self.labels.names:
            return self.labels.code(name), self.whole.majority_rule
        return best_constant(self.predictions[self.predictions["part"] == self.parts[0]], self.labels)

    @property
    def pairs_by_class(self) -> dict[str, dict[str, int]]:
        """The number of pairs of each kept class in each part."""
        return {
            part: {name: count for name, count in counts.items() if name in self.labels.names}
            for part, counts in self.whole.pairs_by_class.items()
        }

    @property
    def protocol(self) -> str:
        """How the predictions were made, in one line."""
        return self.whole.protocol

    @property
    def votes(self) -> None:
        """The votes are of all classes, and so are left out."""

    @property
    def subjects(self) -> pd.DataFrame | None:
        """The columns of people, if there are any."""
        return self.whole.subjects

    @property
    def stills(self) -> bool:
        """Whether the rows are single images."""
        return self.whole.stills

    @property
    def people_known(self) -> bool:
        """Whether the subjects are people, and not single images."""
        return self.whole.people_known

    @property
    def predicts_videos(self) -> bool:
        """Whether all pairs of a video share one prediction."""
        return self.whole.predicts_videos


def summing_to_one(probabilities: FloatArray) -> FloatArray:
    """Return probabilities (B, K) divided by their sums; where a sum is 0, all classes are equally likely.

    >>> summing_to_one(np.array([[0.125, 0.375], [0.0, 0.0]])).tolist()
    [[0.25, 0.75], [0.5, 0.5]]
    """
    sums = probabilities.sum(axis=1, keepdims=True)
    equal = np.full_like(probabilities, 1 / probabilities.shape[1])
    return np.asarray(np.divide(probabilities, sums, out=equal, where=sums > 0))


def best_constant(pairs: pd.DataFrame, labels: LabelSet) -> tuple[int, str]:
    """Return the code of the most frequent class of the videos of a pair table, and this rule in words."""
    codes = pairs.drop_duplicates("video")["code"].to_numpy(np.int64)
    counts = np.bincount(codes, minlength=len(labels)).tolist()
    named = dict(zip(labels.names, counts, strict=True))
    return int(np.argmax(counts)), majority_rule(named, of="the measured videos")


def shared_labels(several: Sequence[Measured]) -> LabelSet | None:
    """Return the classes that all predictions have, by name, in the order of the first.

    None if they have fewer than two classes in common.
    """
    others = [set(one.labels.names) for one in several[1:]]
    names = tuple(name for name in several[0].labels.names if all(name in other for other in others))
    return LabelSet(names) if len(names) > 1 else None


def on_labels(measured: Measured, labels: LabelSet) -> Measured:
    """Return predictions on some of their classes; unchanged if they have the same classes."""
    return measured if measured.labels == labels else Restricted(measured, labels)


def shared_classes_line(several: Mapping[str, Measured], labels: LabelSet) -> str:
    """Return which classes are scored and what is left out; empty if all have the same classes.

    Args:
        several: By name, predictions on all of their classes.
        labels: The classes that all of them have.
    """
    further: dict[str, list[str]] = {}
    for name, one in several.items():
        for label in one.labels.names:
            if label not in labels.names:
                further.setdefault(label, []).append(name)
    if not further:
        return ""
    owners = "; ".join(f"only {listed(names)} can answer {label}" for label, names in further.items())
    rows: set[str] = set()
    for one in several.values():
        result = one.predictions[one.predictions["part"] == one.parts[0]]
        rows.update(result.loc[~result["emotion"].isin(labels.names), "video"])
    left_out = f", and {counted(len(rows), 'video')} of other classes left out" if rows else ""
    kept = f"{counted(len(labels), 'class')} that all have ({', '.join(labels.names)})"
    return f"All are scored on the {kept}{left_out}: {owners}."
