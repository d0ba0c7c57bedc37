from typing import cast

import pytest

from ferfusion.evaluation.model_scores import BundleMetrics, check_metrics, model_caution

LEARNED = {"uar": 0.8, "majority_uar": 0.5}


@pytest.mark.parametrize(
    ("metrics", "expected"),
    [
        (LEARNED, ""),
        ({**LEARNED, "uar_low": 0.6, "uar_high": 0.9}, ""),
        ({}, "Caution: the scores of this model are unknown; its file has none."),
        ({"war": 0.9}, "Caution: the scores of this model are unknown; its file has none."),
        (
            {"uar": 0.5, "majority_uar": 0.5, "war": 0.7, "majority_war": 0.7},
            "Caution: this model learned nothing that its validation part shows (UAR 50.0 %; always "
            "answering one class: 50.0 %).",
        ),
        (
            {**LEARNED, "people": 1},
            "Caution: the scores of this model are of one person (UAR 80.0 %; always answering one class: "
            "50.0 %), so nothing shows that it recognises the expressions of others.",
        ),
        (
            {**LEARNED, "people": 5, "uar_low": 0.5, "uar_high": 0.95},
            "Caution: this model may have learned nothing; the interval of its UAR on its validation part "
            "(50 to 95 %) reaches down to that of always answering one class (50.0 %).",
        ),
    ],
)
def test_model_caution_says_what_the_validation_scores_show(metrics, expected):
    assert model_caution(metrics).replace("\N{NO-BREAK SPACE}", " ") == expected


@pytest.mark.parametrize("name", ["uar", "uar_low", "uar_high", "majority_war"])
def test_check_metrics_refuses_a_score_outside_its_bounds(name):
    check_metrics(cast(BundleMetrics, {name: 1.0}), classes=2)
    with pytest.raises(ValueError, match=f"{name} must be from 0 to 1"):
        check_metrics(cast(BundleMetrics, {name: 1.5}), classes=2)
