"""The report of a study, from fabricated runs whose truth is known."""

import html
import json
import re
from dataclasses import replace

import pandas as pd
import pytest

import ferfusion as fer
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.evaluation.statistics import study_statistics
from ferfusion.reporting.columns.page import table_kind
from ferfusion.studies.findings import Findings
from ferfusion.studies.study_folder import StudyFolder
from ferfusion.studies.study_page import (
    finish_study,
    settings,
    size_of,
    study_page,
    study_summary,
    write_predictions,
)
from helpers.html_page import Page

QUICK = EvaluateRecipe(resamples=20)


@pytest.fixture(scope="module")
def finished(study):
    page = finish_study(study)
    return study, page.read_text(encoding="utf-8")


def test_finish_study_writes_the_tables_of_the_runs(finished):
    study, _ = finished
    costs = pd.read_csv(study.folder / "costs.csv").set_index("variant")
    assert costs["trainings"].tolist() == [3] * 4
    assert costs["minutes"].tolist() == pytest.approx([4.5] * 4)
    assert costs.loc["spatial", "peak_mib"] == 708
    assert "published_accuracy" not in costs
    assert costs["trained_as"].tolist() == ["gap-concat", "gap-concat", "gap-sum", "spatial"]
    scores = pd.read_csv(study.folder / "variants.csv")
    uar = scores[(scores["level"] == "video") & (scores["metric"] == "uar")].set_index("variant")
    values = uar["value"].to_dict()
    assert values["spatial"] < values["gap-concat"] - 0.2
    assert uar["baseline"].tolist() == pytest.approx([1 / 6] * 3, abs=1e-5)
    letters = uar["letters"].to_dict()
    assert letters["gap-concat"] == letters["gap-sum"] != letters["spatial"]
    classes = pd.read_csv(study.folder / "classes.csv")
    assert len(classes) == 3 * 2 * 6


def test_finish_study_writes_the_pooled_test_predictions_of_each_variant(finished):
    """Three seeds of 120 test videos with 4 pairs each; the validation rows are in no table."""
    study, _ = finished
    folder = study.folder / "predictions"
    assert {path.stem for path in folder.iterdir()} == {
        name + suffix for name in ("gap-concat", "gap-sum", "spatial") for suffix in ("", "_videos")
    }
    pairs, videos = (pd.read_csv(folder / f"gap-sum{suffix}.csv") for suffix in ("", "_videos"))
    assert len(pairs) == 3 * 120 * 4
    assert videos.groupby("seed")["video"].nunique().tolist() == [120] * 3
    assert pairs["subject"].nunique() == 12
    means = pairs.groupby(["seed", "video"])["p_fear"].mean()
    found = videos.set_index(["seed", "video"])["p_fear"]
    assert found.loc[means.index].to_numpy() == pytest.approx(means.to_numpy(), abs=1e-6)


def test_finish_study_has_raters_and_groups_of_people_on_the_page_in_tables_and_in_python(finished):
    study, page = finished
    done = fer.Study(study.folder)
    for name in ("raters", "groups", "group_differences"):
        columns = list(pd.read_csv(study.folder / f"{name}.csv").columns)
        assert table_kind("STUDY", f"{name}.csv").unknown(columns) == []
        assert len(getattr(done, name)) > 0
    assert done.groups.query("column == 'sex' and metric == 'uar'")["people"].tolist() == [6, 6] * 3
    assert done.groups.query("group == 'A'")["note"].unique() == ["fewer than 5 people: no claim"]
    words = " ".join(Page(page).words.split())
    for line in done.people_lines:
        assert " ".join(line.split()) in words
    assert done.people_lines[0].startswith("One rater names the label in")
    assert "means over 3 variants and their seeds" in words
    assert words.count("UAR of each of the 3 variants") == 2


def test_write_predictions_has_the_fold_that_tested_each_pair_and_video(findings, tmp_path):
    def folds(rows):
        return (rows["subject"] > sorted(rows["subject"])[len(rows) // 2]).astype(int)

    tables = [rows.assign(fold=folds(rows)) for rows in findings.variants[0].predictions]
    one = replace(findings.variants[0], predictions=tuple(tables))
    write_predictions(one, StudyFolder(tmp_path), labels=findings.statistics.labels)
    for level in ("video", "pair"):
        table = pd.read_csv(StudyFolder(tmp_path).predictions_file(one.name, level))
        assert list(table.columns[:3]) == ["seed", "fold", "video"]
        assert table["fold"].tolist() == folds(table).tolist()
        assert table["fold"].nunique() == 2


def test_finish_study_writes_a_row_for_each_person(finished):
    study, _ = finished
    people = pd.read_csv(study.folder / "people.csv", keep_default_na=False)
    assert len(people) == 3 * 3 * 12
    assert people["videos"].tolist() == [10] * len(people)
    assert people["note"].tolist() == [""] * len(people)
    assert (people["low"] <= people["war"]).all()
    videos = pd.read_csv(study.folder / "predictions" / "spatial_videos.csv").query("seed == 2")
    correct = (videos["expression"] == videos["emotion"]).groupby(videos["subject"]).mean()
    own = people.query("variant == 'spatial' and seed == 2").set_index("subject")["war"]
    assert own.to_dict() == pytest.approx(correct.to_dict())


def test_study_page_has_the_results_and_loads_nothing_from_outside(finished):
    study, page = finished
    assert "2 of 3 pairs of variants differ significantly" in page
    assert "gap-concat and flatten-concat are the same function" in page
    assert page.count("same function as gap-concat") == 2  # in the table per video, and in that per pair
    assert "Of equivalent variants, only the first was trained" in page
    assert "9 trainings took 13.5 minutes of computing." in page
    for word in ("Baseline", "displayed expression", "Tested on 12 people", "accuracy"):
        assert word in page
    assert page.count("data:image/png;base64,") >= 6 + 3 * 2
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert str(study.folder) not in page


def test_study_page_names_every_cell_of_a_table_that_a_phone_shows_as_cards(finished):
    _, page = finished
    tables = re.findall(r'<table class="[^"]*cards[^"]*">(.*?)</table>', page, flags=re.DOTALL)
    cells = [cell for table in tables for cell in re.findall(r"<td[^>]*>(?!</td>)", table)]
    assert any("Verdict" in cell for cell in cells)
    assert [cell for cell in cells if "data-label" not in cell and "spare" not in cell] == []


def test_study_summary_has_the_sentences_of_the_page(finished, findings):
    study, page = finished
    summary = study_summary(findings)
    assert json.loads((study.folder / "summary.json").read_text(encoding="utf-8")) == summary
    assert summary["verdict"][0] == "2 of 3 pairs of variants differ significantly in UAR per video."
    assert summary["protocol"].startswith("Tested on 12 people (120 videos)")
    [caution] = summary["cautions"]
    assert caution.startswith("Of equivalent variants, only the first was trained")
    for sentence in (*summary["verdict"], summary["protocol"], *summary["cautions"]):
        assert html.escape(sentence, quote=False) in page


def test_study_page_of_another_corpus_has_no_accuracy_of_the_report(finished):
    assert "54.6" not in finished[1]


def test_size_of_has_a_majority_only_if_all_folds_have_it(findings):
    assert size_of(findings).majority == "Sadness"
    first = findings.variants[0]
    runs = first.runs
    config = json.loads(json.dumps(dict(runs[0].config)))
    config["class_counts"]["train"] = {"Fear": 9}
    other = replace(runs[0])
    other.__dict__["config"] = config
    changed = replace(findings, variants=(replace(first, runs=(other, *runs[1:])),))
    assert size_of(changed).majority is None


def test_study_page_of_one_variant_and_one_person_compares_nothing(findings):
    first = findings.of("spatial")
    predictions = tuple(
        table[table["subject"] == table["subject"].iloc[0]].reset_index(drop=True)
        for table in first.predictions[:1]
    )
    alone = replace(first, runs=first.runs[:1], minutes=first.minutes[:1], predictions=predictions)
    statistics = study_statistics(
        {"spatial": predictions}, labels=findings.statistics.labels, baseline=4, recipe=QUICK
    )
    study = replace(findings.study, variants=(first.variant,), equivalences=())
    words = Page(study_page(Findings(study, (alone,), statistics), {})).words
    assert "How well does spatial recognise expressions?" in words
    assert "Tested on 1 person (10 videos), never seen in training" in words
    assert "One person was tested: no interval over people can be given." in words
    assert "1 training took 1.5 minutes of computing." in words
    for absent in ("All comparisons", "share a letter", "n/a to n/a", "1 people", "1 variants", "1 seeds"):
        assert absent not in words


def test_settings_are_shared_or_of_a_variant(findings):
    groups = dict(settings(findings))
    assert ("stream", "listing") in groups["Model, shared"]
    assert not {"fusion", "architecture"} & dict(groups["Model, shared"]).keys()
    assert "seed" not in dict(groups["Training, shared"])
    assert dict(groups["gap-sum"]) == {"architecture": "two-stream", "fusion": "gap-sum"}
    assert ("size", "48") in groups["Preparation"]


def test_study_page_names_the_files_beside_it(finished):
    study, page = finished
    footer = page[page.index("Beside this page") :]
    there = {path.name + ("/" if path.is_dir() else "") for path in study.folder.iterdir()}
    named = set(re.findall(r"<code>([a-z_]+(?:/|\.csv|\.json))</code>", footer))
    assert {"people.csv", "predictions/", "figures/", "costs.csv"} <= named
    assert named - {"predictions.csv"} <= there
