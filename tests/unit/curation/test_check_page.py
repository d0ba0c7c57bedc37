import re

import pytest

from ferfusion.curation.check_page import check_page
from ferfusion.curation.findings import find
from helpers.curated import write_answers, write_curated, write_votes

OBSERVERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
    [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
]
"""Krippendorff 2011, section C: four observers, twelve units, five classes; 0 is no answer."""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    root = tmp_path_factory.mktemp("page")
    dataset = write_curated(
        root / "data",
        labels={"S00_fear_0": "Anger"},
        shows={"S02_fear_0": "S01_anger_0"},
        lost={"S03_fear_0": 4},
    )
    units = list(zip(*OBSERVERS, strict=True))
    names = dataset.pairs["video"].unique()[: len(units)]
    votes = {
        name: tuple(unit.count(value) for value in range(1, 6))
        for name, unit in zip(names, units, strict=True)
    }
    dataset = write_votes(dataset, votes, ("anger", "fear", "sadness", "calm", "bored"))
    study = write_answers(root / "study", dataset, {"S00_fear_0": "Fear"}, uar_low={"a": 0.5}, seeds=3)
    return check_page(find(dataset, [study]))


def test_check_page_has_the_published_alpha(page):
    assert "Krippendorff&#39;s alpha is 0.743" in page


def test_check_page_shows_every_kind_of_finding_with_crops(page):
    for words in (
        "Label Anger, models: Fear",
        "3 of 3 models against the label, 3 of them for Fear",
        "Group 1: different labels and different people",
        "4 of 8 frames lost",
        "study: a",
        "copies.csv",
    ):
        assert words in page
    assert page.count("data:image/jpeg;base64,") >= 4
    assert re.findall(r'(?:src|href)="(?!data:|#)[^"]*"', page) == []  # nothing outside of the page


def test_check_page_is_bounded_and_names_the_table_of_the_rest(tmp_path, monkeypatch):
    monkeypatch.setattr("ferfusion.curation.check_page.SHOWN", 2)
    shows = {f"S{at:02d}_fear_0": f"S{at:02d}_anger_0" for at in range(3)}
    page = check_page(find(write_curated(tmp_path / "data", people=3, shows=shows)))
    assert page.count('class="case"') == 2
    assert "The first 2 of 3; all are in <code>copies.csv</code>" in page
