"""Divide the people of several corpora into parts, by a division of the corpora."""

from dataclasses import asdict
from pathlib import Path

import pandas as pd

from ferfusion.errors import DatasetError
from ferfusion.files import write_json
from ferfusion.parts import PARTS, Part
from ferfusion.preparation.pooled import PooledDataset
from ferfusion.splits.divisions import Division
from ferfusion.splits.protocols import assign_subjects, cut_validation
from ferfusion.splits.recipe import SplitRecipe
from ferfusion.splits.split import check_parts, clips_of, counts_of_subjects, parts_hash
from ferfusion.tables import write_table


def division_parts(dataset: PooledDataset, division: Division, recipe: SplitRecipe) -> dict[str, Part]:
    """Return clip to part: each corpus of the training is cut by itself, so that each is in every part.

    Args:
        dataset: The corpora.
        division: Which of them are trained on and tested; each is one or both.
        recipe: Shares of the validation part, and of the test part of a corpus that is also trained on.

    Raises:
        DatasetError: a corpus has too few people.
    """
    clips = clips_of(dataset)
    corpus = clips["subject"].map(dataset.corpus_of)
    part_of_subject: dict[str, Part] = dict.fromkeys(clips["subject"], "test")
    for name in division.trained_on:
        counts = counts_of_subjects(dataset, clips[corpus == name])
        try:
            if name in division.tested_on:
                shares = (1 - recipe.validation - recipe.test, recipe.validation, recipe.test)
                cut = assign_subjects(counts, shares=dict(zip(PARTS, shares, strict=True)), seed=recipe.seed)
            else:
                cut = cut_validation(counts, share=recipe.validation_of_rest, seed=recipe.seed)
        except DatasetError as error:
            raise DatasetError(f"{name} cannot be divided: {error}") from error
        part_of_subject |= cut
    parts = {
        clip: part_of_subject[subject] for clip, subject in zip(clips["clip"], clips["subject"], strict=True)
    }
    check_parts(dataset, parts)
    return parts


def write_division(
    path: Path, dataset: PooledDataset, parts: dict[str, Part], *, division: Division, recipe: SplitRecipe
) -> None:
    """Write the table of parts of a division, and its header beside it as JSON.

    Args:
        path: The table.
        dataset: The corpora.
        parts: Clip to part.
        division: Which corpora are trained on and tested.
        recipe: Shares of the parts.
    """
    header = {
        "recipe": {**asdict(recipe), **asdict(division)},
        "hash": parts_hash(parts),
        "recipe_hash": dataset.recipe.hash,
    }
    write_table(path, pd.DataFrame({"clip": list(parts), "part": list(parts.values())}))
    write_json(path.with_suffix(".json"), header)
