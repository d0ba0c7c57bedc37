"""What every kind of study tells of its raters and of groups of its people: tables, sentences, page."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ferfusion.evaluation.aligned import Answers, aligned_answers
from ferfusion.evaluation.people_text import column_notes, group_lines
from ferfusion.evaluation.raters import NOT_ESTIMATED, WHO, Raters, raters_beside
from ferfusion.evaluation.raters_text import raters_text
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.evaluation.study_groups import (
    StudyGroups,
    study_differences_table,
    study_groups,
    study_groups_table,
)
from ferfusion.label_set import LabelSet
from ferfusion.preparation.pooled import PooledDataset


@dataclass(frozen=True)
class RatersAndGroups:
    """The raters beside the variants of a study, and the groups of its tested people.

    Attributes:
        raters: The raters; None without votes on the tested videos.
        groups: The groups; None without columns of people.
        stills: Whether the videos are single images.
        noun: What is compared: variants, models or trainings.
    """

    raters: Raters | None = None
    groups: StudyGroups | None = None
    stills: bool = False
    noun: str = "variant"

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables by name, those that there are."""
        found = {}
        if self.raters is not None:
            found["raters"] = self.raters.table.drop(columns="part")
        if self.groups is not None and self.groups.together.columns:
            found["groups"] = study_groups_table(self.groups)
            found["group_differences"] = study_differences_table(self.groups)
        return found

    @property
    def lines(self) -> list[str]:
        """What was found, in a sentence or two each."""
        found = []
        if self.raters is not None:
            found.append(raters_text(self.raters, stills=self.stills, model=self.noun).lead)
        if self.groups is not None:
            found += group_lines(self.groups.together, noun=self.noun)
        return found

    @property
    def page(self) -> dict[str, Any]:
        """What the templates need."""
        raters, groups, texts = self.raters, self.groups, {}
        if raters is not None:
            texts = {"raters_text": raters_text(raters, stills=self.stills, model=self.noun), "who": WHO}
            texts["not_estimated"] = NOT_ESTIMATED
        if groups is not None:
            texts["group_lines"] = group_lines(groups.together, noun=self.noun)
            texts["notes"] = {column.name: column_notes(column) for column in groups.together.columns}
        return {"raters": raters, "groups": groups, "stills": self.stills, "noun": self.noun, **texts}


def raters_and_groups(
    answers: Answers,
    *,
    votes: pd.DataFrame | None,
    subjects: pd.DataFrame | None,
    labels: LabelSet,
    majority_code: int,
    recipe: EvaluateRecipe,
    part: str = "test",
    corpus: str = "",
    stills: bool = False,
    noun: str = "variant",
) -> RatersAndGroups:
    """Return the raters beside variants that predict the same videos, and the groups of their people.

    Args:
        answers: The predictions of every variant, per video.
        votes: The raters' votes on the videos, if there are any.
        subjects: The columns of people, if there are any.
        labels: The classes.
        majority_code: What the majority baseline always answers.
        recipe: Settings of intervals and tests.
        part: The tested part.
        corpus: Name of the layout of the corpus.
        stills: Whether the videos are single images.
        noun: What is compared: variant, model or training.
    """
    raters = (
        None
        if votes is None
        else raters_beside(
            answers.predicted,
            answers.rows,
            votes,
            labels=labels,
            part=part,
            majority_code=majority_code,
            recipe=recipe,
            corpus=corpus,
        )
    )
    groups = None if subjects is None else study_groups(answers, subjects, part=part, recipe=recipe)
    return RatersAndGroups(raters, groups, stills, noun)


def people_of_corpora(
    pooled: PooledDataset,
    tested: Mapping[tuple[str, str], Sequence[pd.DataFrame]],
    *,
    within: Collection[tuple[str, str]],
    recipe: EvaluateRecipe,
) -> dict[str, RatersAndGroups]:
    """Return the raters and the groups of people of each tested corpus, with its own votes and columns.

    The trainings on other corpora are tested on all of its people. Without any, the training within the
    corpus is taken, on the people that were held out of it.

    Args:
        pooled: The datasets as one.
        tested: By training and tested corpus, a prediction table for each seed.
        within: The trainings that learned from other people of the tested corpus.
        recipe: Confidence, and settings of the resampling.
    """
    found = {}
    for corpus, source in pooled.sources.items():
        own = {key: tables for key, tables in tested.items() if key[1] == corpus}
        across = {key: tables for key, tables in own.items() if key not in within}
        votes, subjects = pooled.votes_of(corpus), pooled.subjects_of(corpus)
        if own and not (votes is None and subjects is None):
            tables = {name: each for (name, _), each in (across or own).items()}
            found[corpus] = raters_and_groups(
                aligned_answers(tables, labels=pooled.labels)["video"],
                votes=votes,
                subjects=subjects,
                labels=pooled.labels,
                majority_code=0,  # no constant answer is better than the best one
                recipe=recipe,
                corpus=source.corpus,
                stills=source.stills,
                noun="training",
            )
    return found


def joined_tables(found: Mapping[str, RatersAndGroups]) -> dict[str, pd.DataFrame]:
    """Return the tables of several tested datasets, by name, with the column ``tested_on``.

    What is compared are trainings, in the column ``trained_on``.
    """
    tables: dict[str, list[pd.DataFrame]] = {}
    for tested_on, each in found.items():
        for name, table in each.tables.items():
            rows = table.rename(columns={"variant": "trained_on"})
            rows.insert(0, "tested_on", tested_on)
            tables.setdefault(name, []).append(rows)
    return {name: pd.concat(several, ignore_index=True) for name, several in tables.items()}
