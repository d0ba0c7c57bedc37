"""Examples of every class, and how much each stream contributed to each answer."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from ferfusion.data.inputs import FaceInput
from ferfusion.explanation.contributions import stream_contributions
from ferfusion.explanation.explainer import Explanation
from ferfusion.explanation.pairs import RunPairs
from ferfusion.explanation.recipe import ExplainRecipe

_CANDIDATES = 128
"""Pairs of each class that are read."""
_BATCH = 64
IDENTITY_COLUMNS = ("video", "clip", "subject", "frame", "seconds", "code", "emotion")


@dataclass(frozen=True)
class Example:
    """One explained pair: where it is from, its true class, what was seen and why it was named as it was."""

    video: str
    seconds: float
    true_code: int
    face_input: FaceInput
    explanation: Explanation


@dataclass(frozen=True)
class ClassExamples:
    """The examples of one class.

    Attributes:
        name: The class, as labelled.
        right: Pairs that were named so.
        wrong: Pairs that were named something else.
        answers: The rows of ``read_answers`` that they were chosen from.
    """

    name: str
    right: tuple[Example, ...]
    wrong: tuple[Example, ...]
    answers: pd.DataFrame


def read_answers(source: RunPairs, recipe: ExplainRecipe) -> pd.DataFrame:
    """Ask the model about some pairs of every class; return a row for each, its index the pair table's row.

    Columns: what the pair is, the likeliest ``expression``, its log-odds ``answer``, the ``baseline`` of
    these (a blank face without motion), and what each stream adds to it.
    """
    candidates = source.candidates(recipe.part, per_class=_CANDIDATES, seed=recipe.seed)
    rows = np.concatenate(list(candidates.values()))
    starts = range(0, len(rows), _BATCH)
    answers = pd.concat([_ask(source, rows[start : start + _BATCH]) for start in starts])
    return pd.concat([source.pairs.table.loc[rows, list(IDENTITY_COLUMNS)], answers], axis=1)


def _ask(source: RunPairs, rows: npt.NDArray[np.int64]) -> pd.DataFrame:
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
    """Return the examples of every class, each explained for the class that it was named.

    They are drawn at random, from as many videos as there are, and not by how well they look.
    """
    chosen = []
    for name in source.pairs.labels.names:
        of_class = answers[answers["emotion"] == name]
        named = of_class["expression"] == name
        right, wrong = (of_class.index[group][: recipe.examples].to_numpy() for group in (named, ~named))
        chosen.append(
            ClassExamples(name, tuple(_explain(source, right)), tuple(_explain(source, wrong)), of_class)
        )
    return chosen


def _explain(source: RunPairs, rows: npt.NDArray[np.int64]) -> Iterator[Example]:
    if not len(rows):
        return
    explanations = source.explainer.explain(source.images(rows))
    for row, face_input, explanation in zip(rows, source.face_inputs(rows), explanations, strict=True):
        pair = source.pairs.table.iloc[row]
        yield Example(str(pair["video"]), float(pair["seconds"]), int(pair["code"]), face_input, explanation)
