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
    """One explained pair: its video and time, its true class, the input of the model and the explanation."""

    video: str
    seconds: float
    true_code: int
    face_input: FaceInput
    explanation: Explanation


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


def read_answers(source: RunPairs, recipe: ExplainRecipe) -> pd.DataFrame:
    """Return a row for some pairs of every class; its index is the row of the pair table.

    Columns: the identity of the pair, its top class ``expression``, the log-odds ``answer`` of that class,
    the ``baseline`` of these log-odds (a blank face without motion), and the contribution of each stream.
    """
    candidates = source.candidates(recipe.part, per_class=_CANDIDATES, seed=recipe.seed)
    rows = np.concatenate(list(candidates.values()))
    starts = range(0, len(rows), BATCH_ROWS)
    answers = pd.concat([_predict(source, rows[start : start + BATCH_ROWS]) for start in starts])
    return pd.concat([source.pairs.table.loc[rows, list(IDENTITY_COLUMNS)], answers], axis=1)


def _predict(source: RunPairs, rows: npt.NDArray[np.int64]) -> pd.DataFrame:
    explainer, images = source.explainer, source.images(rows)
    with torch.inference_mode():
        codes = explainer.model(*images).argmax(1)
    shares = stream_contributions(explainer.model, images, codes, explainer.blank)
    columns = {
        "expression": np.array(explainer.labels.names)[codes.numpy()],
        "answer": shares.answer.numpy(),
        "baseline": shares.baseline.numpy(),
        **{name: share.numpy() for name, share in shares.of_stream.items()},
    }
    return pd.DataFrame(columns, index=rows)


def choose_examples(source: RunPairs, answers: pd.DataFrame, recipe: ExplainRecipe) -> list[ClassExamples]:
    """Return the examples of every class, each explained for its top class.

    They are drawn at random and spread over the videos; no example is chosen for its look.
    """
    chosen = []
    for name in source.pairs.labels.names:
        of_class = answers[answers["emotion"] == name]
        is_correct = of_class["expression"] == name
        correct, wrong = (
            of_class.index[group][: recipe.examples].to_numpy() for group in (is_correct, ~is_correct)
        )
        chosen.append(
            ClassExamples(name, tuple(_explain(source, correct)), tuple(_explain(source, wrong)), of_class)
        )
    return chosen


def _explain(source: RunPairs, rows: npt.NDArray[np.int64]) -> Iterator[Example]:
    if not len(rows):
        return
    explanations = source.explainer.explain(source.images(rows))
    for row, face_input, explanation in zip(rows, source.face_inputs(rows), explanations, strict=True):
        pair = source.pairs.table.iloc[row]
        yield Example(str(pair["video"]), float(pair["seconds"]), int(pair["code"]), face_input, explanation)
