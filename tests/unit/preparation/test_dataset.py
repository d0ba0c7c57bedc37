import re
from typing import Any

import pandas as pd
import pytest

from ferfusion.errors import DatasetError
from ferfusion.files import read_json, write_json
from ferfusion.label_set import SEVEN, SIX
from ferfusion.preparation.dataset import (
    SCHEMA,
    Dataset,
    DatasetFiles,
    check_dataset_folder,
    open_dataset,
    write_header,
)
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.tables import write_table

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
        files.subjects_file, files.splits_file, files.clips_folder, files.clip_file("v.1"),
        files.rows_file("v.1"),
    )] == [
        "dataset.json", "data.csv", "frames.csv", "videos.csv", "votes.csv",
        "subjects.csv", "splits.csv", "clips", "clips/v.1.safetensors", ".rows/v.1.json",
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
    pairs = pd.DataFrame({**names, "emotion": ["Fear", "Anger"], "code": [2, 0], "pair": [0, 0]})
    rows = pd.DataFrame(
        {**names, "emotion": ["Fear", "NA"], "part": "", "frame": [0, 1], "status": ["ok", "NA"]}
    )
    write_table(files.pairs_file, pairs)
    write_table(files.frames_file, rows)
    write_table(files.videos_file, rows)
    dataset = open_dataset(tmp_path)
    pd.testing.assert_frame_equal(dataset.pairs, pairs)
    pd.testing.assert_frame_equal(dataset.frames, rows)
    pd.testing.assert_frame_equal(dataset.videos, rows.astype({"frame": "Int64"}))


def test_dataset_tables_have_no_code_and_rate_for_a_video_that_is_left_out(tmp_path):
    header(tmp_path)
    rows = pd.DataFrame(
        {"video": ["a", "b"], "part": "", "code": [1, None], "fps": [25.0, None], "reason": ["", "text"]}
    )
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
    settings = {"corpus": "folder", "labels": SIX, "recipe": RECIPE, **changes}
    check_dataset_folder(tmp_path, **settings)  # nothing was kept, so nothing binds
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "a.safetensors").touch()
    with pytest.raises(DatasetError, match="was prepared with other settings") as caught:
        check_dataset_folder(tmp_path, **settings)
    assert difference in str(caught.value)


def test_check_dataset_folder_refuses_a_folder_with_other_files(tmp_path):
    (tmp_path / "diary.txt").write_text("dear diary")
    with pytest.raises(DatasetError, match="holds other files; name a new or empty folder"):
        check_dataset_folder(tmp_path, corpus="folder", labels=SIX, recipe=RECIPE)


PAIR_ROW = {
    "video": "a",
    "clip": "a",
    "subject": "s",
    "emotion": "Fear",
    "code": 2,
    "pair": 0,
    "seconds": 0.5,
}
FRAME_ROW = {"video": "a", "frame": 0, "seconds": 0.5, "status": "ok", "x": 1.5}


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("pairs", {"video": ""}, "data.csv, line 2: video '' is empty"),
        ("pairs", {"emotion": "Joy"}, "line 2: emotion 'Joy' is not one of Anger"),
        ("pairs", {"code": 3}, "line 2: code 3 does not fit the row's emotion"),
        ("pairs", {"code": "x"}, "line 2: the code is 'x', not a whole number"),
        ("pairs", {"pair": -1}, "line 2: pair -1 is no number of a pair"),
        ("pairs", {"clip": "../a"}, "line 2: clip '../a' is no name of a clip"),
        ("pairs", {"seconds": "soon"}, "line 2: the seconds is 'soon', not a number"),
        ("frames", {"x": "left"}, "line 2: the x is 'left', not a number"),
        ("frames", {"frame": ""}, "line 2: the frame is '', not a whole number"),
        ("videos", {"code": 1.5, "part": ""}, "line 2: the code is '1.500000', not a whole number"),
        ("votes", {"fear": -1}, "line 2: fear -1 is no number of votes"),
        ("votes", {"fear": "many"}, "line 2: the fear is 'many', not a whole number"),
    ],
)
def test_dataset_tables_refuse_a_wrong_cell(tmp_path, name, change, reason):
    header(tmp_path)
    files = DatasetFiles(tmp_path)
    row = {"pairs": PAIR_ROW, "frames": FRAME_ROW, "videos": FRAME_ROW, "votes": {"video": "a"}}[name]
    write_table(getattr(files, f"{name}_file"), pd.DataFrame([row | change]))
    with pytest.raises(DatasetError, match=re.escape(reason)):
        getattr(open_dataset(tmp_path), name)


def test_dataset_frames_are_numbers_where_a_box_is_missing(tmp_path):
    header(tmp_path)
    write_table(tmp_path / "frames.csv", pd.DataFrame([FRAME_ROW, FRAME_ROW | {"x": None}]))
    frames = open_dataset(tmp_path).frames
    assert frames["x"].dtype == float
    assert frames["x"].sum() == 1.5


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"labels": 5}, "has labels 5, expected a list of text"),
        ({"labels": ["Anger", 1]}, "has labels ['Anger', 1], expected a list of text"),
        ({"counts": []}, "has counts [], expected named values"),
        ({"schema": "1"}, "has schema '1', expected a whole number"),
        ({"complete": "no"}, "has complete 'no', expected true or false"),
        ({"recipe": None}, "has recipe None, expected named values"),
    ],
)
def test_open_dataset_refuses_a_value_of_another_type(tmp_path, change, reason):
    header(tmp_path)
    path = DatasetFiles(tmp_path).header_file
    write_json(path, read_json(path) | change)
    with pytest.raises(DatasetError, match=re.escape(reason)):
        open_dataset(tmp_path)
