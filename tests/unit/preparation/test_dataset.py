from typing import Any

import pandas as pd
import pytest

from ferfusion.errors import DatasetError
from ferfusion.files import read_json, write_json, write_table
from ferfusion.labels import SEVEN, SIX
from ferfusion.preparation.dataset import (
    SCHEMA,
    Dataset,
    DatasetFiles,
    check_dataset_folder,
    open_dataset,
    write_header,
)
from ferfusion.preparation.recipe import PrepareRecipe

RECIPE = PrepareRecipe(size=64)


def header(root, *, complete=True, labels=SIX, corpus="folder", **changes):
    write_header(
        root,
        complete=complete,
        corpus=corpus,
        labels=labels,
        recipe=RECIPE,
        images=True,
        counts={"pairs": 3},
        **changes,
    )


def test_dataset_files_have_the_names_of_the_contract(tmp_path):
    files = DatasetFiles(tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in (
        files.header_file, files.pairs_file, files.frames_file, files.videos_file, files.votes_file,
        files.splits_file, files.clips_folder, files.clip_file("v.1"), files.rows_file("v.1"),
    )] == [
        "dataset.json", "data.csv", "frames.csv", "videos.csv", "votes.csv",
        "splits.csv", "clips", "clips/v.1.safetensors", ".rows/v.1.json",
    ]  # fmt: skip


@pytest.mark.parametrize("stills", [False, True])
def test_open_dataset_returns_what_the_header_says(tmp_path, stills):
    header(tmp_path, stills=stills)
    assert open_dataset(tmp_path) == Dataset(tmp_path, RECIPE, SIX, "folder", {"pairs": 3}, stills)
    written = read_json(tmp_path / "dataset.json")
    assert (written["recipe_hash"], "stills" in written) == (RECIPE.hash, stills)


def test_open_dataset_refuses_no_dataset_an_unfinished_one_and_another_schema(tmp_path):
    with pytest.raises(DatasetError, match=r"is not a dataset folder \(no dataset\.json\)"):
        open_dataset(tmp_path)
    header(tmp_path, complete=False)
    with pytest.raises(DatasetError, match="is unfinished; run the same ferfusion prepare again"):
        open_dataset(tmp_path)
    header(tmp_path)
    write_json(tmp_path / "dataset.json", read_json(tmp_path / "dataset.json") | {"schema": SCHEMA + 1})
    with pytest.raises(DatasetError, match=f"has schema {SCHEMA + 1}, this version reads {SCHEMA}"):
        open_dataset(tmp_path)


def test_dataset_tables_keep_ids_as_text(tmp_path):
    """An id may be digits, or a word that pandas reads as a missing value."""
    header(tmp_path)
    files = DatasetFiles(tmp_path)
    names = {"video": ["007", "nan"], "clip": ["7", "null"], "subject": ["01", "None"]}
    rows = pd.DataFrame({**names, "emotion": ["Fear", "NA"]})
    for path in (files.pairs_file, files.videos_file, files.frames_file):
        write_table(path, rows)
    dataset = open_dataset(tmp_path)
    for table in (dataset.pairs, dataset.videos, dataset.frames):
        pd.testing.assert_frame_equal(table, rows)


def test_dataset_tables_have_no_code_and_rate_for_a_video_that_is_left_out(tmp_path):
    header(tmp_path)
    rows = pd.DataFrame({"video": ["a", "b"], "code": [1, None], "fps": [25.0, None], "reason": ["", "text"]})
    write_table(tmp_path / "videos.csv", rows)
    videos = open_dataset(tmp_path).videos
    assert videos["code"].isna().tolist() == videos["fps"].isna().tolist() == [False, True]
    assert videos["reason"].tolist() == ["", "text"]


def test_dataset_names_a_missing_table(tmp_path):
    header(tmp_path)
    dataset = open_dataset(tmp_path)
    with pytest.raises(DatasetError, match=r"data\.csv is missing; run ferfusion prepare again"):
        _ = dataset.pairs
    assert dataset.votes is None


def test_check_dataset_folder_takes_a_new_or_empty_folder_and_its_own(tmp_path):
    settings: dict[str, Any] = {"corpus": "folder", "labels": SIX, "recipe": RECIPE}
    check_dataset_folder(tmp_path / "new", **settings)
    check_dataset_folder(tmp_path, **settings)
    header(tmp_path, complete=False)
    check_dataset_folder(tmp_path, **settings)


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"recipe": PrepareRecipe()}, "size is 64, expected 48"),
        ({"labels": SEVEN}, "the classes are Anger, Disgust, Fear, Happiness, Sadness, Surprise"),
        ({"corpus": "savee"}, "the corpus is 'folder', expected 'savee'"),
    ],
)
def test_check_dataset_folder_names_the_setting_that_differs(tmp_path, changes, difference):
    header(tmp_path)
    with pytest.raises(DatasetError, match="was prepared with other settings") as caught:
        check_dataset_folder(tmp_path, **{"corpus": "folder", "labels": SIX, "recipe": RECIPE, **changes})
    assert difference in str(caught.value)


def test_check_dataset_folder_refuses_a_folder_with_other_files(tmp_path):
    (tmp_path / "diary.txt").write_text("dear diary")
    with pytest.raises(DatasetError, match="holds other files; name a new or empty folder"):
        check_dataset_folder(tmp_path, corpus="folder", labels=SIX, recipe=RECIPE)
