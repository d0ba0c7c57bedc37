import pandas as pd
import pytest

from ferfusion.files import read_json
from ferfusion.reporting.columns.page import table_kind
from ferfusion.reporting.pages import percent
from ferfusion.studies.cross_page import finish_cross_study
from ferfusion.studies.study_folder import CROSS_FILES, TABLES, StudyFolder
from helpers.html_page import Page


@pytest.fixture(scope="module")
def folder(cross_study):
    finish_cross_study(cross_study)
    return StudyFolder(cross_study.folder)


def test_finish_cross_study_writes_the_files_of_its_list(folder):
    without = [pattern for pattern in CROSS_FILES if not list(folder.path.glob(pattern))]
    assert without == ["cross_raters.csv", "cross_groups.csv", "cross_group_differences.csv"]
    for name in ("cross", "cross_comparisons"):
        assert set(pd.read_csv(folder.table_file(name)).columns) == set(TABLES[name])
    for file in ("cross.csv", "cross_comparisons.csv", "cross_predictions.csv"):
        kind = table_kind("STUDY", file)
        assert kind is not None
        assert kind.unknown(list(pd.read_csv(folder.path / file).columns)) == []


def plain(text):
    """The text with single spaces, as ``Page.words`` has it."""
    return " ".join(text.split())


def test_cross_page_has_every_score_with_its_baseline(folder, cross_findings):
    page = plain(Page(folder.page_file.read_text(encoding="utf-8")).words)
    for cell in cross_findings.cells:
        for estimate in (cell.uar, cell.war):
            assert plain(percent(estimate.value)) in page
            assert plain(percent(estimate.baseline)) in page
    for sentence in read_json(folder.summary_file)["verdict"]:
        assert plain(sentence) in page
