import numpy as np
import pytest

import ferfusion as fer
from helpers.label_projects import write_project


@pytest.fixture
def project(tmp_path):
    write_project(tmp_path, items=3)
    labels = fer.labels(tmp_path)
    for item, (ann, ben) in {
        "0000": ("joy", "joy"),
        "0001": ("joy", "anger"),
        "0002": ("calm", "calm"),
    }.items():
        labels.mark("Ann", item, ann, 0, 5, intensity=2)
        labels.mark("Ben", item, ben, 0, 4 if item == "0002" else 5, intensity=3)
        for rater in ("Ann", "Ben"):
            labels.done(rater, item)
    return labels


def test_agreement_has_alpha_of_classes_and_intensities(project):
    alpha = project.agreement().alpha.set_index("what")
    assert alpha["kind"].tolist() == ["nominal", "ordinal"]
    assert 0.5 < alpha.loc["class", "value"] < 0.9
    assert alpha.loc["class", "units"] == 300
    assert alpha.loc["class", "low"] <= alpha.loc["class", "value"] <= alpha.loc["class", "high"]
    assert alpha.loc["intensity", "value"] < 0
    assert project.agreement().caution.startswith("Two raters or more finished 3 videos. With fewer than 10")


def test_agreement_per_class_and_confusion_in_seconds(project):
    agreement = project.agreement()
    per_class = agreement.per_class.set_index("what")["value"]
    assert per_class["calm"] > per_class["joy"] > per_class["anger"]
    table = agreement.confusion("Ann", "Ben")
    assert table.loc["joy", "anger"] == 5.0
    assert table.loc["calm", "none"] == 1.0
    assert table.to_numpy().sum() == pytest.approx(30)
    assert (table.index.name, table.columns.name) == ("Ann", "Ben")
    with pytest.raises(fer.ConfigError, match="There is no rater 'Cem'; the project has Ann, Ben"):
        agreement.confusion("Ann", "Cem")


def test_agreement_names_the_most_disputed_first(project):
    disputed = project.agreement().disputed
    assert disputed["item"].tolist() == ["0001", "0002"]
    assert disputed["differ"].tolist() == [0.5, 0.1]


def test_agreement_of_ten_videos_needs_no_caution(tmp_path):
    write_project(tmp_path, items=10)
    labels = fer.labels(tmp_path)
    for item in labels.items["item"]:
        for rater in ("Ann", "Ben"):
            labels.done(rater, item)
    assert labels.agreement().caution == ""


def test_agreement_of_whole_videos_counts_videos(tmp_path):
    write_project(tmp_path, marks="videos", intensities=0)
    labels = fer.labels(tmp_path)
    for item in ("0000", "0001"):
        for rater in ("Ann", "Ben"):
            labels.mark(rater, item, "joy" if item == "0000" else "calm")
            labels.done(rater, item)
    agreement = labels.agreement()
    assert agreement.alpha["value"].tolist() == [1.0]
    assert agreement.confusion("Ann", "Ben").to_numpy().tolist() == np.diag([1, 0, 1]).tolist()
    assert repr(agreement).startswith("Agreement of 2 raters: alpha of the classes 1.00")
    assert "nominal" in agreement._repr_html_()
    assert agreement.disputed.empty
