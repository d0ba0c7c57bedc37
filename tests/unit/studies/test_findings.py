from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score

from ferfusion.evaluation.confusions import KINDS
from ferfusion.label_set import SIX
from ferfusion.studies.findings import (
    classes_table,
    costs_table,
    error_patterns_table,
    reliability_of,
)
from helpers.fabricated_study import SKILLS

COLUMNS = list(SIX.probability_columns)


def test_gather_has_the_trained_variants_with_their_runs(findings, study):
    assert [each.name for each in findings.variants] == list(SKILLS)
    for each in findings.variants:
        assert len(each.runs) == len(each.predictions) == 3
        assert all(set(table["part"]) == {"test"} for table in each.predictions)
        assert each.minutes == (1.5,) * 3
    assert [each.name for each in findings.of("gap-concat").equivalents] == ["flatten-concat"]
    assert findings.statistics.subjects == 12
    assert SIX.names[findings.majority_code] == "Sadness"
    assert findings.study is study


def test_gather_keeps_the_peak_memory_of_the_largest_run(findings):
    # the trainings are numbered seed by seed: gap-concat has 0, 3, 6, spatial 2, 5, 8
    assert [each.peak_mib for each in findings.variants] == [706, 707, 708]


def test_mean_curve_is_the_mean_over_runs(findings):
    variant = findings.of("gap-sum")
    curve = variant.mean_curve("val_uar")
    assert curve.index.tolist() == list(range(1, 13))
    expected = np.mean([run.epochs["val_uar"] for run in variant.runs], axis=0)
    assert curve.tolist() == pytest.approx(expected.tolist())


def test_costs_table_has_equivalent_variants_with_the_cost_of_the_trained_one(findings):
    table = costs_table(findings).set_index("variant")
    assert table["trained_as"].to_dict() == {
        "gap-concat": "gap-concat",
        "flatten-concat": "gap-concat",
        "gap-sum": "gap-sum",
        "spatial": "spatial",
    }
    assert table["minutes"].tolist() == pytest.approx([3 * 1.5] * 4)
    assert table["minutes_each"].tolist() == pytest.approx([1.5] * 4)
    assert "published_accuracy" not in table


def test_costs_table_has_the_accuracies_of_the_report_for_baum1(findings):
    study = replace(findings.study, dataset=replace(findings.study.dataset, corpus="baum1s"))
    table = costs_table(replace(findings, study=study))
    accuracies = [0.598, 0.577, 0.5648, float("nan")]
    assert table["published_accuracy"].tolist() == pytest.approx(accuracies, nan_ok=True)


def test_classes_table_is_that_of_scikit_learn(findings):
    table = classes_table(findings).query("level == 'pair'").set_index("variant")
    for name in SKILLS:
        rows = pd.concat(findings.of(name).predictions)
        true, answers = rows["code"], rows[COLUMNS].to_numpy().argmax(axis=1)
        found = table[table.index == name]
        for metric, score in (("recall", recall_score), ("precision", precision_score), ("f1", f1_score)):
            expected = score(true, answers, average=None, labels=range(6), zero_division=0)
            assert found[metric].tolist() == pytest.approx(expected.tolist())


def test_error_patterns_table_has_a_row_per_trained_variant(findings):
    table = error_patterns_table(findings).set_index("variant")
    assert table.columns.tolist() == [*(kind.name for kind in KINDS), "prediction_bias", "ece_pair"]
    assert set(table.index) == set(SKILLS)
    for name in SKILLS:
        rows = pd.concat(findings.of(name).predictions)
        mean = pd.concat(
            [each.groupby("video")[["code", *COLUMNS]].mean() for each in findings.of(name).predictions]
        )
        answered = (mean[COLUMNS].to_numpy().argmax(axis=1) == findings.majority_code).sum()
        occurs = (mean["code"] == findings.majority_code).sum()
        assert table.loc[name, "prediction_bias"] == pytest.approx(answered / occurs)
        assert reliability_of(findings, name).counts.sum() == len(rows)
