from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.studies.model_findings import compare_models
from ferfusion.studies.model_text import models_question, models_summary
from helpers.measurements import fake_measurement, measured_tables

QUICK = EvaluateRecipe(resamples=10)
UNKNOWN: dict[str, Any] = {
    "trained_on": {},
    "unseen": False,
    "people_line": "Whether the model has learned from any of its people cannot be checked.",
    "cautions": ("What this model was trained on is not known.",),
}
HOME: dict[str, Any] = {"people_line": "It was not in the training.", "trained_on": {"corpus": "ravdess"}}


@pytest.fixture(scope="module")
def findings():
    changes = {"ours": HOME, "theirs": UNKNOWN}
    skills = {"ours": 3.0, "theirs": 0.5}
    return compare_models(measured_tables(np.random.default_rng(0), skills=skills, changes=changes), QUICK)


def test_models_summary_states_who_was_tested_and_what_each_model_has_seen(findings):
    summary = models_summary(findings)
    assert summary["verdict"][0] == "ours and theirs differ significantly in UAR per video."
    assert summary["protocol"] == (
        "Both models predicted 11 people (132 videos) of the dataset others once; nothing was trained, and "
        "nothing was chosen. ours: it was not in the training. theirs: whether the model "
        "has learned from any of its people cannot be checked."
    )
    assert summary["baseline"].startswith("Baseline: always Anger, one of the most frequent classes")


def test_models_summary_cautions_name_the_models_that_they_are_about(findings):
    cautions = models_summary(findings)["cautions"]
    assert "theirs: what this model was trained on is not known." in cautions
    assert (
        "ours has learned from other people of this corpus, theirs has not, as far as is known: its camera, "
        "light and task are familiar to ours only. On another corpus, the order may be another."
    ) in cautions
    assert not any("seed" in caution or "--folds" in caution for caution in cautions)


def test_models_summary_claims_no_other_people_where_they_are_not_known():
    changes = {"shipped": HOME | {"unseen": False}, "theirs": UNKNOWN}
    measured = measured_tables(
        np.random.default_rng(0), skills={"shipped": 3.0, "theirs": 0.5}, changes=changes
    )
    cautions = models_summary(compare_models(measured, QUICK))["cautions"]
    assert (
        "shipped has learned from this corpus and may have learned from these people (which ones is not "
        "known), theirs has not, as far as is known: its camera, light and task are familiar to shipped "
        "only. On another corpus, the order may be another."
    ) in cautions


def test_models_summary_of_one_model_compares_nothing():
    findings = compare_models({"mine": fake_measurement(part="test")}, QUICK)
    summary = models_summary(findings)
    assert models_question(findings.statistics) == "How well does mine recognise expressions?"
    assert summary["verdict"][0].startswith("mine has UAR")
    assert "The model predicted 4 people (40 videos) of the test part of others once" in summary["protocol"]


def test_models_summary_of_unknown_people_counts_images():
    people: dict[str, Any] = {"stills": True, "people_known": False}
    findings = compare_models({name: fake_measurement(**people) for name in "ab"}, QUICK)
    summary = models_summary(findings)
    assert "40 images of unknown people of the dataset" in summary["protocol"]
    assert any("people in the images are unknown" in caution for caution in summary["cautions"])


def test_models_question_counts_the_models(findings):
    assert models_question(findings.statistics).startswith("Which of 2 models is better")
    assert findings.measurement.dataset == Path("others")
