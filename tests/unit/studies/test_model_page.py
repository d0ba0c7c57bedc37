import pytest

from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.studies.model_findings import compare_models
from ferfusion.studies.model_page import models_page, models_table
from helpers.html_page import Page
from helpers.measurements import fake_measurement

QUICK = EvaluateRecipe(resamples=10)
FILES = {"ours": "runs/a/bundle.safetensors", "theirs": "net.onnx"}


@pytest.fixture(scope="module")
def findings():
    unknown = fake_measurement(trained_on={}, unseen=False, notes=("No Neutral.",), cautions=("Not known.",))
    return compare_models({"ours": fake_measurement(), "theirs": unknown}, QUICK)


def test_models_table_has_what_is_known_of_each_model(findings):
    table = models_table(findings, files=FILES).set_index("variant")
    assert table["trained_on"].to_dict() == {"ours": "cremad", "theirs": ""}
    assert table["unseen"].to_dict() == {"ours": True, "theirs": False}
    assert table.loc["theirs", "notes"] == "No Neutral. Not known."
    assert table["file"].to_dict() == FILES


def test_models_page_names_the_measured_part_and_loads_nothing(findings):
    page = Page(models_page(findings, {}, files=FILES))
    assert page.loads == []
    assert page.open_tags == []
    assert "Whole dataset, per video" in page.words
    assert "not in its training" in page.words
    assert "not checked" in page.words


def test_models_page_of_one_model_has_no_comparison():
    one = compare_models({"ours": fake_measurement(part="test")}, QUICK)
    words = Page(models_page(one, {}, files=FILES)).words
    assert "Test part, per video" in words
    assert "All comparisons" not in words
    assert "share a letter" not in words
