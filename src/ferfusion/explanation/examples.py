"""Examples of every class, and the contribution of each stream to each prediction."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from ferfusion.data.batches import BATCH_ROWS
from ferfusion.data.inputs import FaceInput
from ferfusion.data.pairs import IDENTITY_COLUMNS
from ferfusion.explanation.contributions import stream_contributions
from ferfusion.explanation.explainer import Explanation
from ferfusion.explanation.pairs import RunPairs
from ferfusion.explanation.recipe import ExplainRecipe

_CANDIDATES = 128
"""Pairs of each class that are read."""


@dataclass(frozen=True)
class Example:
    """One explained pair.

    Attributes:
        video: Its video.
        seconds: Time of its frame.
        true_code: Code of its true class.
        face_input: The model's input.
        explanation: The explanation of its top class.
        why_not: The explanation of the class that the user chose, if any and if it is not the top class.
        actions: The strongest facial actions in words; empty if the dataset has none.
    """

    video: str
    seconds: float
    true_code: int
    face_input: FaceInput
    explanation: Explanation
    why_not: Explanation | None = None
    actions: str = ""


@dataclass(frozen=True)
class ClassExamples:
    """The examples of one class.

    Attributes:
        name: The true class.
        correct: Pairs with a correct prediction.
        wrong: Pairs with a wrong prediction.
        answers: Rows of ``read_answers`` for the pairs of this class.
    """

    name: str
    correct: tuple[Example, ...]
    wrong: tuple[Example, ...]
    answers: pd.DataFrame

    @property
    def predicted_answers(self) -> int:
        """Number of pairs."""
        return int((self.answers["explained"] == self.answers["expression"]).sum())

    @property
    def correct_answers(self) -> int:
        """Number of pairs whose prediction is correct."""
        is_correct = self.answers["expression"] == self.name
        return int((is_correct & (self.answers["explained"] == self.name)).sum())


def read_answers(source: RunPairs, recipe: ExplainRecipe) -> pd.DataFrame:
    """Return a row for some pairs of every class; its index is the row of the pair table.

    Columns: the identity of the pair, its top class ``expression``, the ``explained`` class, the ``log_odds``
    of that class, the ``baseline`` of these log-odds (a blank face without motion), and the contribution of
    each stream. With ``why_not``, rows of that class follow those of the top classes.

    Raises:
        ConfigError: the model has no class ``why_not``.
    """
    why_not = source.explainer.labels.code(recipe.why_not) if recipe.why_not else None
    candidates = source.candidates(recipe.part, per_class=_CANDIDATES, seed=recipe.seed)
    rows = np.concatenate(list(candidates.values()))
    starts = range(0, len(rows), BATCH_ROWS)
    batches = [_predict(source, rows[start : start + BATCH_ROWS], why_not) for start in starts]
    answers = pd.concat([top for top, _ in batches] + [other for _, other in batches])
    identity = source.pairs.table.loc[answers.index, list(IDENTITY_COLUMNS)]
    return identity.assign(**{str(name): answers[name].to_numpy() for name in answers})


def _predict(
    source: RunPairs, rows: npt.NDArray[np.int64], why_not: int | None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the contributions to the top class of each row, and to another class where it is not that."""
    explainer, images = source.explainer, source.images(rows)
    names = np.array(explainer.labels.names)
    with torch.inference_mode():
        codes = explainer.model(*images).argmax(1)

    def table(targets: torch.Tensor) -> pd.DataFrame:
        shares = stream_contributions(explainer.model, images, targets, explainer.blank)
        columns = {
            "expression": names[codes.numpy()],
            "explained": names[targets.numpy()],
            "log_odds": shares.answer.numpy(),
            "baseline": shares.baseline.numpy(),
            **{name: share.numpy() for name, share in shares.of_stream.items()},
        }
        return pd.DataFrame(columns, index=rows)

    top = table(codes)
    if why_not is None:
        return top, top.iloc[:0]
    return top, table(torch.full_like(codes, why_not))[codes.numpy() != why_not]


def choose_examples(source: RunPairs, answers: pd.DataFrame, recipe: ExplainRecipe) -> list[ClassExamples]:
    """Return the examples of every class, each explained for its top class.

    They are drawn at random and spread over the videos; no example is chosen for its look.
    """
    chosen = []
    for name in source.pairs.labels.names:
        of_class = answers[answers["emotion"] == name]
        predicted = of_class[of_class["explained"] == of_class["expression"]]
        is_correct = predicted["expression"] == name
        correct, wrong = (
            tuple(_explain(source, predicted.index[group][: recipe.examples].to_numpy(), recipe.why_not))
            for group in (is_correct, ~is_correct)
        )
        chosen.append(ClassExamples(name, correct, wrong, of_class))
    return chosen


def _explain(source: RunPairs, rows: npt.NDArray[np.int64], why_not: str) -> Iterator[Example]:
    if not len(rows):
        return
    images = source.images(rows)
    explanations = source.explainer.explain(images)
    others: list[Explanation | None] = [None] * len(rows)
    if why_not:
        targets = torch.full((len(rows),), source.explainer.labels.code(why_not))
        others = list(source.explainer.explain(images, targets=targets))
    face_inputs = source.face_inputs(rows)
    for row, face_input, top, other in zip(rows, face_inputs, explanations, others, strict=True):
        pair = source.pairs.table.iloc[row]
        video, seconds, code = str(pair["video"]), float(pair["seconds"]), int(pair["code"])
        why_not_top = other if other is not None and other.code != top.code else None
        actions = source.action_words(int(row))
        yield Example(video, seconds, code, face_input, top, why_not_top, actions)
