"""People of whom so many videos are predicted correctly, and their columns."""

from collections.abc import Mapping, Sequence

import pandas as pd

from ferfusion.evaluation.people_groups import PeopleComparison, compare_people
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.label_set import LabelSet

TWO = LabelSet(("Anger", "Fear"))
QUICK = EvaluateRecipe(resamples=50)


def videos_of(correct: Sequence[int], *, videos: int = 4) -> pd.DataFrame:
    """Videos of people P00, P01 and so on, by turns of both classes; so many of each are right."""
    rows = [
        {
            "part": "test",
            "subject": f"P{person:02d}",
            "code": take % 2,
            "p_anger": float((take % 2 == 0) == (take < right)),
            "p_fear": float((take % 2 == 1) == (take < right)),
        }
        for person, right in enumerate(correct)
        for take in range(videos)
    ]
    return pd.DataFrame(rows)


def compared(
    correct: Sequence[int], columns: Mapping[str, Sequence[str]] | None = None, *, videos: int = 4
) -> PeopleComparison:
    """Compare people with these columns."""
    names = [f"P{person:02d}" for person in range(len(correct))]
    subjects = pd.DataFrame({"subject": names, **columns}) if columns else None
    return compare_people(videos_of(correct, videos=videos), subjects, labels=TWO, recipe=QUICK)
