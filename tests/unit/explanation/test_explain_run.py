import re

import numpy as np
import pandas as pd
import pytest

from ferfusion.errors import BundleError
from ferfusion.explanation.explain_run import explain_run
from ferfusion.explanation.recipe import ExplainRecipe
from ferfusion.labels import SIX
from ferfusion.preparation.dataset import open_dataset
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
    np.testing.assert_allclose(total, answers["answer"], atol=1e-4)


def test_explain_run_writes_a_page_without_other_files(run, explained):
    page = explained.page.read_text(encoding="utf-8")
    assert explained.page == run / "explain.html"
    assert not re.search(r'(src|href)="(?!data:)', page)
    for name in SIX.names:
        assert f"<h2>{name}</h2>" in page
    assert "Validation part; maps by Grad-CAM" in page
    assert "Sanity checks: can the maps be trusted?" in page
    assert page.count("data:image/png") == len(list((run / "figures").glob("explain_*.png")))


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
