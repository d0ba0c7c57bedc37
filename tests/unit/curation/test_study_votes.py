import shutil

import pandas as pd
import pytest

from ferfusion.curation.study_votes import ask_studies, doubt_lines
from ferfusion.errors import DatasetError, RunError
from ferfusion.tables import write_table
from helpers.curated import write_answers, write_curated

SWAPPED = {"S00_fear_0": "Anger", "S03_sadness_0": "Fear"}
TRUTH = {"S00_fear_0": "Fear", "S03_sadness_0": "Sadness"}


@pytest.fixture
def dataset(tmp_path):
    return write_curated(tmp_path / "data", labels=SWAPPED)


def test_ask_studies_finds_swapped_labels(tmp_path, dataset):
    study = write_answers(tmp_path / "study", dataset, TRUTH, uar_low={"a": 0.5}, seeds=3)
    found = ask_studies([study, study], dataset)  # a study that is named twice votes once
    assert (found.judged, found.videos, found.confident) == (18, 18, 2)
    columns = ["video", "emotion", "named", "models", "against", "naming", "confident"]
    assert found.table[columns].sort_values("video").to_numpy().tolist() == [
        ["S00_fear_0", "Anger", "Fear", 3, 3, 3, True],
        ["S03_sadness_0", "Fear", "Sadness", 3, 3, 3, True],
    ]
    assert found.table[["p_label", "p_named"]].iloc[0].tolist() == pytest.approx([0.1, 0.8], abs=1e-4)
    assert next(doubt_lines(found, stills=False)).startswith(
        "2 of 18 judged labels contradicted by most models, 2 of them also by confident learning."
    )


def test_ask_studies_counts_a_training_once(tmp_path, dataset):
    """Those of a copy of a study, of another one with more seeds, and of one with folds in common."""
    first = write_answers(tmp_path / "first", dataset, TRUTH, uar_low={"a": 0.5}, seeds=2)
    copy = shutil.copytree(first, tmp_path / "copy")
    assert ask_studies([first, copy], dataset).judged == 0  # two models, and a video needs three
    found = ask_studies([copy, first], dataset)
    assert [each.why_not for each in found.variants] == [
        "",
        "the same trainings as a of copy, which count once",
    ]
    more = write_answers(tmp_path / "more", dataset, TRUTH, uar_low={"b": 0.5}, seeds=3)
    found = ask_studies([first, more], dataset)
    assert found.table["models"].tolist() == [3, 3]
    assert found.cautions == ("more: b has the same trainings as a of first, which count once.",)
    table = pd.read_csv(first / "predictions" / "a_videos.csv").assign(fold=0)
    second = table["subject"] > "S02"
    table.loc[second, "fold"] = 1
    for place, change in ((first, 0), (copy, 2e-5)):  # the trainings of the second fold differ
        table.loc[second, "p_anger"] += change
        write_table(place / "predictions" / "a_videos.csv", table)
    found = ask_studies([first, copy], dataset)
    assert (found.judged, found.table["models"].tolist()) == (9, [4])


@pytest.mark.parametrize(
    ("lows", "unseen", "judged"),
    [
        ({"a": 0.5, "b": 0.5, "c": 0.5}, None, 18),
        ({"a": 0.5, "b": 0.5, "c": 0.3}, None, 0),  # the interval of c reaches the baseline
        ({"a": 0.5, "b": 0.5, "c": 0.38}, None, 0),  # c is above the baseline, and wrong about more than half
        ({"a": 0.5, "b": 0.5, "c": 0.5}, {"a": True, "b": True, "c": False}, 0),  # c may know the people
    ],
)
def test_ask_studies_lets_only_models_judge_that_are_better_than_chance_and_unseen(
    tmp_path, dataset, lows, unseen, judged
):
    study = write_answers(tmp_path / "study", dataset, TRUTH, uar_low=lows)
    if unseen:
        texts = dict.fromkeys(("file", "sha256", "classes", "trained_on", "people", "notes"), "")
        rows = [{"variant": name, **texts, "unseen": value} for name, value in unseen.items()]
        write_table(study / "models.csv", pd.DataFrame(rows))
    found = ask_studies([study], dataset)
    assert found.judged == judged
    words = " ".join(doubt_lines(found, stills=False))
    assert ("1 of 3 variants may not judge: c (" in words) == (judged == 0)
    assert ("No label was judged" in words) == (judged == 0)


def test_ask_studies_leaves_out_videos_of_another_subject_now(tmp_path, dataset):
    study = write_answers(tmp_path / "study", dataset, TRUTH, uar_low={"a": 0.5}, seeds=3)
    for table in (dataset.root / "data.csv", dataset.root / "videos.csv"):
        table.write_text(table.read_text().replace(",S00,", ",S99,"))
    found = ask_studies([study], type(dataset)(**vars_of(dataset)))
    assert found.judged == 15
    assert found.table["video"].tolist() == ["S03_sadness_0"]
    assert found.cautions == ("study: 3 videos are of another subject now, and not judged by it.",)


def vars_of(dataset):
    """The fields of a dataset, without the tables that it has read."""
    return {name: vars(dataset)[name] for name in ("root", "recipe", "labels", "corpus", "counts", "stills")}


def test_ask_studies_refuses_what_is_no_study_of_the_dataset(tmp_path, dataset):
    with pytest.raises(RunError, match=r"There is no study .*none; name the folder of a study"):
        ask_studies([tmp_path / "none"], dataset)
    (tmp_path / "begun").mkdir()
    with pytest.raises(RunError, match="is not a finished study"):
        ask_studies([tmp_path / "begun"], dataset)
    (tmp_path / "cross").mkdir()
    (tmp_path / "cross" / "cross.csv").write_text("a\n")
    with pytest.raises(RunError, match="is a study across corpora; name a study of this dataset alone"):
        ask_studies([tmp_path / "cross"], dataset)
    study = write_answers(tmp_path / "study", dataset, TRUTH, uar_low={"a": 0.5})
    table = study / "predictions" / "a_videos.csv"
    text = table.read_text()
    table.write_text(text.replace("S0", "T0"))
    with pytest.raises(DatasetError, match="has no prediction of a video of this dataset"):
        ask_studies([study], dataset)
    table.write_text(text.replace("p_fear", "p_joy"))
    with pytest.raises(DatasetError, match=r"classes that .* does not have: p_joy"):
        ask_studies([study], dataset)
