import re

import numpy as np
import pandas as pd
import pytest

from ferfusion.errors import BundleError, ConfigError
from ferfusion.explanation.explain_run import explain_run
from ferfusion.explanation.recipe import ExplainRecipe
from ferfusion.label_set import SIX
from ferfusion.preparation.dataset import open_dataset
from ferfusion.reporting.columns.page import table_kind
from ferfusion.splits.recipe import SplitRecipe
from ferfusion.splits.split import read_splits, split_dataset
from helpers.datasets import write_dataset


def test_explain_run_reads_pairs_of_the_part_and_contributions_add_up(run, explained, dataset):
    answers = pd.read_csv(run / "contributions.csv")
    data = open_dataset(dataset)
    parts = read_splits(data)
    assert {parts[clip] for clip in answers["clip"]} == {"validation"}
    assert len(answers) == sum(parts[clip] == "validation" for clip in data.pairs["clip"])
    total = answers["baseline"] + answers["spatial"] + answers["flow"]
    np.testing.assert_allclose(total, answers["log_odds"], atol=1e-4)


def test_explain_run_writes_a_page_without_other_files(run, explained):
    page = explained.page.read_text(encoding="utf-8")
    assert explained.page == run / "explain.html"
    assert not re.search(r'(src|href)="(?!data:)', page)
    for name in SIX.names:
        assert f"<h2>{name}</h2>" in page
    assert "Validation part; maps by Grad-CAM" in page
    assert "Sanity checks: can the maps be trusted?" in page
    assert page.count("data:image/png") == len(list((run / "figures").glob("explain_*.png")))


def test_explain_run_answers_why_not_another_class(tmp_path, dataset, make_run):
    run = make_run(tmp_path / "run", dataset)
    explained = explain_run(run, ExplainRecipe(examples=1, why_not="Sadness"))
    rows = pd.read_csv(run / "contributions.csv")
    total = rows["baseline"] + rows["spatial"] + rows["flow"]
    np.testing.assert_allclose(total, rows["log_odds"], atol=1e-4)
    predicted = rows["explained"] == rows["expression"]
    assert set(rows.loc[~predicted, "explained"]) == {"Sadness"}
    identity = ["clip", "frame"]
    others = rows[predicted & (rows["expression"] != "Sadness")]
    assert rows.loc[~predicted, identity].values.tolist() == others[identity].values.tolist()
    # of one pair, the top class has the highest log-odds
    assert (rows.loc[~predicted, "log_odds"].to_numpy() < others["log_odds"].to_numpy()).all()
    examples = [each for one in explained.classes for each in (*one.correct, *one.wrong)]
    assert {each.why_not.code for each in examples if each.why_not} == {SIX.code("Sadness")}
    page = explained.page.read_text(encoding="utf-8")
    assert "<h3>Why not Sadness?</h3>" in page
    assert f"of {len(rows[predicted & (rows['emotion'] == 'Fear')])} predicted" in page


def test_explain_run_refuses_a_class_that_the_model_lacks_and_lists_its_classes(run):
    with pytest.raises(ConfigError, match=r"Unknown expression 'Feer'.*Anger, Disgust, Fear"):
        explain_run(run, ExplainRecipe(why_not="Feer"))


@pytest.mark.parametrize("file", ["contributions", "explain_deletion", "explain_randomisation"])
def test_explain_run_writes_documented_columns_only(run, explained, file):
    kind = table_kind("RUN", f"{file}.csv")
    assert kind is not None
    assert kind.unknown(list(pd.read_csv(run / f"{file}.csv").columns)) == []


def test_explain_run_leaves_no_partial_file(run, explained):
    assert explained.checks is not None
    assert not [path.name for path in run.rglob("*") if "partial" in path.name]


@pytest.mark.parametrize("architecture", ["lstm", "spatial-conv3d", "hybrid", "flow"])
def test_explain_run_writes_a_page_for_other_architectures(tmp_path, dataset, make_run, architecture):
    run = make_run(tmp_path / "run", dataset, architecture=architecture)
    page = explain_run(run, ExplainRecipe(examples=1)).page.read_text(encoding="utf-8")
    assert "explain RUN --check" in page
    assert ("Each time step of a window has its own" in page) == (architecture == "lstm")


def test_explain_run_names_the_bundle_that_an_unfinished_run_lacks(tmp_path):
    with pytest.raises(BundleError, match=r"There is no bundle .*bundle\.safetensors"):
        explain_run(tmp_path, ExplainRecipe())


def test_explain_run_keeps_the_runs_own_split_after_another_split(tmp_path, make_run):
    dataset = write_dataset(tmp_path / "dataset", frames=3)
    run = make_run(tmp_path / "run", dataset)
    before = read_splits(open_dataset(dataset))
    split_dataset(open_dataset(dataset), SplitRecipe(seed=5), copies=())
    assert read_splits(open_dataset(dataset)) != before
    explain_run(run, ExplainRecipe(examples=1))
    answers = pd.read_csv(run / "contributions.csv")
    assert {before[clip] for clip in answers["clip"]} == {"validation"}
