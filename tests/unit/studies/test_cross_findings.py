"""Scores and comparisons across corpora, against scikit-learn and against known people."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score
from statsmodels.stats.multitest import multipletests

from ferfusion.errors import RunError
from ferfusion.evaluation.predictions import predicted_codes, video_level
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.evaluation.statistics import study_statistics
from ferfusion.label_set import SIX
from ferfusion.studies.cross_findings import (
    compare_trainings,
    cross_comparisons_table,
    cross_table,
    gather_cross,
)
from helpers.cross_corpora import NAMES, PEOPLE
from helpers.studies import tables


def test_cross_cells_have_the_scores_of_scikit_learn(cross_findings):
    assert len(cross_findings.cells) == 3 * 3
    table = cross_table(cross_findings).set_index(["trained_on", "tested_on", "level", "metric"])["value"]
    scores = {
        "war": accuracy_score,
        "uar": balanced_accuracy_score,
        "macro_f1": lambda true, said: f1_score(true, said, average="macro", labels=np.unique(true)),
    }
    for division, runs in zip(cross_findings.study.divisions, cross_findings.runs, strict=True):
        for name in NAMES:
            for level in ("video", "pair"):
                found: dict[str, list[float]] = {metric: [] for metric in scores}
                for run in runs:
                    rows = run.predictions[run.predictions["subject"].str.startswith(f"{name}__")]
                    rows = video_level(rows, labels=SIX) if level == "video" else rows
                    said = predicted_codes(rows, labels=SIX)
                    for metric, score in scores.items():
                        found[metric].append(score(rows["code"], said))
                for metric, values in found.items():
                    assert table[division.name, name, level, metric] == pytest.approx(np.mean(values))


def test_cross_cells_test_held_out_people_within_and_all_people_across(cross_findings):
    for cell in cross_findings.cells:
        assert cell.within == (cell.trained_on == cell.tested_on)
        assert cell.people == (1 if cell.within else PEOPLE[cell.tested_on])
        assert cell.videos == 6 * cell.people
        assert cell.majority == "Sadness"  # of the fabricated training parts
        assert cell.uar.majority == pytest.approx(1 / 6)


def test_cross_predictions_have_a_row_for_each_training_seed_and_video(cross_findings):
    predictions = cross_findings.predictions
    assert not predictions.duplicated(["trained_on", "seed", "video"]).any()
    assert len(predictions) == 2 * sum(cell.videos for cell in cross_findings.cells)
    assert (predictions["video"].str.partition("__")[0] == predictions["tested_on"]).all()


def simulated(rng, skills, *, held_out=6):
    """Tables of trainings; the one called own is tested on the first people only."""
    made = tables(rng, skills=skills, seeds=3, subjects=12, pairs=1)
    first = [f"P{number:02d}" for number in range(held_out)]
    made["own"] = [table[table["subject"].isin(first)] for table in made["own"]]
    return made


def compared(made, within=("own",)):
    recipe = EvaluateRecipe(resamples=40)
    return compare_trainings(made, tested_on="a", within=within, labels=SIX, recipe=recipe)


def test_compare_trainings_compares_each_pair_on_the_people_of_both():
    made = simulated(np.random.default_rng(1), {"own": 3.0, "b": 0.6, "c": 0.5})
    found = {(each.metric, each.first, each.second): each for each in compared(made)}
    uar = {key[1:]: each for key, each in found.items() if key[0] == "uar"}
    across = next(key for key in uar if "own" not in key)
    assert {("own", "b"), ("own", "c"), across} == set(uar)
    assert {key: (each.people, each.drop) for key, each in uar.items()} == {
        ("own", "b"): (6, True),
        ("own", "c"): (6, True),
        across: (12, False),
    }
    # the drop is the difference of the means over seeds on the held-out people
    held_out = set(made["own"][0]["subject"])
    means = {
        name: np.mean(
            [
                balanced_accuracy_score(rows["code"], predicted_codes(rows, labels=SIX))
                for table in made[name]
                for rows in [table[table["subject"].isin(held_out)]]
            ]
        )
        for name in ("own", "b")
    }
    assert uar["own", "b"].difference.value == pytest.approx(means["own"] - means["b"])
    assert uar["own", "b"].difference.value > 0.2


def test_compare_trainings_corrects_all_comparisons_on_a_corpus_together():
    made = simulated(np.random.default_rng(2), {"own": 1.2, "b": 0.9, "c": 0.2})
    for metric in ("uar", "war"):
        family = [each for each in compared(made) if each.metric == metric]
        p = [each.difference.p for each in family]
        assert [each.p_adjusted for each in family] == pytest.approx(multipletests(p, method="holm")[1])
        assert [each.differs for each in family] == [each.p_adjusted <= 0.05 for each in family]


def test_compare_trainings_turns_a_training_that_is_worse_within():
    made = simulated(np.random.default_rng(3), {"own": 0.1, "b": 3.0})
    plain = study_statistics(
        {"own": made["own"], "b": [t[t["subject"].isin(set(made["own"][0]["subject"]))] for t in made["b"]]},
        labels=SIX,
        baseline=0,
        recipe=EvaluateRecipe(resamples=40),
    ).family("video", "uar").pairs[0]  # fmt: skip
    [drop] = [each for each in compared(made) if each.metric == "uar"]
    assert (drop.first, drop.second, plain.first) == ("own", "b", "b")
    assert drop.difference.value == -plain.difference.value
    low, high = plain.difference.interval.low, plain.difference.interval.high
    assert (drop.difference.interval.low, drop.difference.interval.high) == (-high, -low)
    assert drop.difference.p == plain.difference.p


def test_compare_trainings_gives_no_interval_beyond_the_possible():
    made = simulated(np.random.default_rng(4), {"own": 1.0, "b": 0.5}, held_out=2)
    for each in compared(made):
        assert -1 <= each.difference.interval.low <= each.difference.interval.high <= 1


def test_gather_cross_refuses_runs_of_other_states(cross_study, tmp_path, monkeypatch):
    states = iter(range(100))
    monkeypatch.setattr(
        "ferfusion.evaluation.run_folder.RunFolder.identity", property(lambda _: str(next(states)))
    )
    with pytest.raises(RunError, match="different states of the datasets"):
        gather_cross(cross_study)


def test_cross_comparisons_table_has_its_columns_without_a_comparison(cross_findings):
    table = cross_comparisons_table(cross_findings)
    # three trainings on each corpus: two drops and one pair across, by two metrics
    assert len(table) == 3 * 3 * 2
    assert isinstance(table, pd.DataFrame)
    assert table["drop"].sum() == 3 * 2 * 2
