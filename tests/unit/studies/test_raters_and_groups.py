"""Raters and groups of people of studies of variants, of models and across corpora."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.label_set import SIX
from ferfusion.preparation.pooled import SEPARATOR
from ferfusion.reporting.columns.page import table_kind
from ferfusion.studies.cross_page import cross_page
from ferfusion.studies.model_findings import compare_models
from ferfusion.studies.model_page import models_page
from ferfusion.studies.raters_and_groups import joined_tables, people_of_corpora, raters_and_groups
from helpers.html_page import Page
from helpers.measurements import fake_measurement
from helpers.votes import drawn_votes

QUICK = EvaluateRecipe(resamples=50)


@pytest.fixture(scope="module")
def answers(findings):
    return findings.statistics.answers


@pytest.fixture(scope="module")
def votes(findings):
    videos = findings.variants[0].predictions[0].query("part == 'test'").drop_duplicates("video")
    return drawn_votes(videos)


@pytest.fixture(scope="module")
def people(answers):
    return pd.DataFrame(
        {"subject": answers.subjects, "sex": list("ffffffmmmmmm"), "town": ["A"] * 4 + ["B"] * 8}
    )


@pytest.fixture(scope="module")
def found(answers, votes, people):
    return raters_and_groups(
        answers, votes=votes, subjects=people, labels=SIX, majority_code=4, recipe=QUICK, corpus="cremad"
    )


def test_raters_and_groups_score_each_variant_by_the_mean_of_its_seeds(found, answers, votes):
    table = found.tables["raters"].set_index(["variant", "who", "against", "metric"])["value"]
    counts = votes.set_index("video").drop(columns="neutral").loc[answers.rows["video"]]
    shares = counts.rename(columns=str.capitalize).reindex(columns=SIX.names, fill_value=0).to_numpy()
    tops = shares == shares.max(axis=1, keepdims=True)
    tops = tops / tops.sum(axis=1, keepdims=True)
    for name, seeds in answers.predicted.items():
        assert table[name, "model", "label", "war"] == pytest.approx((seeds == answers.codes).mean())
        right = [tops[np.arange(len(tops)), codes].mean() for codes in seeds]
        assert table[name, "model", "majority_of_classes", "war"] == pytest.approx(np.mean(right))
    assert set(table.xs("rater", level="who").index.get_level_values("variant")) == {""}
    alone = raters_and_groups(
        replace(answers, predicted={"spatial": answers.predicted["spatial"]}),
        votes=votes,
        subjects=None,
        labels=SIX,
        majority_code=4,
        recipe=QUICK,
    )
    reach = ("", "reachable_votes", "majority", "war")
    same = alone.tables["raters"].set_index(["variant", "who", "against", "metric"])["value"]
    assert same[reach] == table[reach]
    assert alone.groups is None
    assert "the variant in 1" in alone.lines[0]


def test_compare_models_has_the_raters_and_groups_of_the_first_measurement():
    one = fake_measurement(part="test")
    videos = one.predictions.drop_duplicates("video")
    people = pd.DataFrame({"subject": videos["subject"].unique(), "sex": list("ffmm")})
    one = replace(one, votes=drawn_votes(videos), subjects=people)
    findings = compare_models({"a": one, "b": one}, QUICK)
    assert findings.people.raters.of("model", "label").model == "a"
    page = models_page(findings, {}, files={"a": "a.onnx", "b": "b.onnx"})
    assert "the 2 models in" in page
    assert "sex: no two groups have 5 people, so nothing is claimed." in page
    unknown = compare_models({"a": replace(one, people_known=False)}, QUICK)
    assert unknown.people.groups is None


def test_people_of_corpora_are_of_each_tested_corpus_with_its_own_votes(cross_findings, tmp_path):
    study = cross_findings.study
    pooled, source = study.pooled, study.pooled.sources["a"]
    videos = source.pairs.drop_duplicates("video")
    votes = drawn_votes(videos).assign(contempt=1)
    people = pd.DataFrame({"subject": videos["subject"].unique(), "sex": list("ffmmmm")})
    pooled = replace(pooled, sources={**pooled.sources, "a": replace(source)})
    vars(pooled.sources["a"]).update(votes=votes, subjects=people)
    tested = {
        (cell.trained_on, cell.tested_on): [
            run.predictions[run.predictions["subject"].str.startswith(f"{cell.tested_on}{SEPARATOR}")]
            for run in runs
        ]
        for cell in cross_findings.cells
        for division, runs in zip(study.divisions, cross_findings.runs, strict=True)
        if division.name == cell.trained_on
    }
    within = {(cell.trained_on, cell.tested_on) for cell in cross_findings.cells if cell.within}
    found = people_of_corpora(pooled, tested, within=within, recipe=QUICK)
    assert list(found) == ["a"]
    assert found["a"].raters.further.keys() == {"Neutral", "Contempt"}
    assert found["a"].raters.videos == len(videos)
    tables = joined_tables(found)
    assert tables["groups"]["trained_on"].unique().tolist() == ["b", "c"]
    assert tables["groups"]["tested_on"].unique().tolist() == ["a"]
    for name, table in tables.items():
        assert table_kind("STUDY", f"cross_{name}.csv").unknown(list(table.columns)) == []
    page = " ".join(Page(cross_page(replace(cross_findings, people=found), {})).words.split())
    assert "The raters of a" in page
    assert "Groups of people of a" in page
    assert "means over 2 trainings and their seeds" in page
    assert "cross_groups.csv" in page
