import json

import numpy as np
import pytest

from ferfusion.corpora.fer2013 import list_fer2013
from ferfusion.errors import DatasetError
from ferfusion.files import read_json
from ferfusion.labels import SEVEN, SIX
from ferfusion.preparation import stills
from ferfusion.preparation.clip_file import read_clip
from ferfusion.preparation.dataset import open_dataset
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.preparation.stills import prepare_stills
from ferfusion.splits.recipe import SplitRecipe
from ferfusion.splits.split import read_splits, split_dataset
from ferfusion.tables import write_table
from helpers.stills import fer_folders, fer_table, noise_image, table_row, write_fer_table, write_images


def prepare(root, dataset, *, labels=SEVEN, **recipe):
    counts = prepare_stills(list_fer2013(root), dataset, labels=labels, recipe=PrepareRecipe(**recipe))
    return counts, open_dataset(dataset)


def reasons(dataset):
    left_out = dataset.videos[dataset.videos["status"] == "left_out"]
    return dict(zip(left_out["path"], left_out["reason"], strict=True))


def notes(dataset):
    noted = dataset.videos[dataset.videos["note"] != ""]
    return dict(zip(noted["video"], noted["note"], strict=True))


def test_prepare_stills_writes_packs_of_grey_faces_by_part(tmp_path, monkeypatch):
    monkeypatch.setattr(stills, "PACK_SIZE", 10)
    counts, dataset = prepare(fer_table(tmp_path / "corpus"), tmp_path / "dataset")
    assert dataset.stills
    assert json.loads((tmp_path / "dataset/dataset.json").read_text())["stills"] is True
    packs = [f"{part}-00{number}" for part in ("train", "validation", "test") for number in (0, 1)]
    assert list(dataset.pairs["clip"].unique()) == packs
    assert counts["pairs"] == len(dataset.pairs) == 42
    assert counts["pairs_by_class"] == dict.fromkeys(SEVEN.names, 6)
    row = dataset.pairs.iloc[10]
    assert (row["clip"], row["pair"], row["video"]) == ("train-001", 0, "train-00010")
    assert row["emotion"] == SEVEN.names[row["code"]] == "Surprise"
    arrays = read_clip(dataset.clip_file("train-001"))
    assert list(arrays) == ["crops"]
    assert arrays["crops"].shape == (4, 48, 48, 3)
    for channel in range(3):
        assert np.array_equal(arrays["crops"][0, :, :, channel], noise_image(500))


def test_prepare_stills_keeps_the_official_split(tmp_path):
    _, dataset = prepare(fer_table(tmp_path / "corpus"), tmp_path / "dataset")
    parts = split_dataset(dataset, SplitRecipe())
    assert parts == {"train-000": "train", "validation-000": "validation", "test-000": "test"}
    assert read_splits(dataset) == parts


def test_split_of_stills_without_a_test_part_has_none(tmp_path):
    _, dataset = prepare(fer_folders(tmp_path / "corpus"), tmp_path / "dataset")
    assert split_dataset(dataset, SplitRecipe(official=True)) == {
        "train-000": "train",
        "validation-000": "validation",
    }


def test_split_of_stills_refuses_a_corpus_without_a_validation_part(tmp_path):
    write_images(tmp_path / "corpus", {"train/happy/1.png": noise_image(1), "test/sad/2.png": noise_image(2)})
    _, dataset = prepare(tmp_path / "corpus", tmp_path / "dataset")
    with pytest.raises(DatasetError, match=r"empty parts \['validation'\]"):
        split_dataset(dataset, SplitRecipe())


def test_select_faces_leaves_out_training_images_with_a_copy_elsewhere(tmp_path):
    brighter = (noise_image(3) * 0.7 + 50).astype(np.uint8)  # a copy with other brightness and contrast
    rows = [
        table_row(0, noise_image(1), "Training"),
        table_row(0, noise_image(2), "Training"),
        table_row(2, noise_image(3), "Training"),
        table_row(3, noise_image(1), "PublicTest"),
        table_row(4, noise_image(4), "PublicTest"),
        table_row(2, brighter, "PrivateTest"),
        table_row(2, noise_image(4), "PrivateTest"),
    ]
    _, dataset = prepare(write_fer_table(tmp_path / "corpus", rows), tmp_path / "dataset")
    found = reasons(dataset)
    assert list(found) == ["fer2013.csv: row 0", "fer2013.csv: row 2"]
    assert found["fer2013.csv: row 0"].startswith("a copy of validation-00003 of the validation part")
    assert found["fer2013.csv: row 2"].startswith("a copy of test-00005 of the test part")
    assert notes(dataset) == {
        "validation-00004": "the same picture as test-00006, Fear in test",
        "test-00006": "the same picture as validation-00004, Sadness in validation",
    }


def test_select_faces_notes_an_image_under_two_labels(tmp_path):
    rows = [
        table_row(0, noise_image(1), "Training"),
        table_row(1, noise_image(1), "Training"),
        table_row(2, noise_image(2), "Training"),
        table_row(2, noise_image(2), "Training"),
    ]
    counts, dataset = prepare(write_fer_table(tmp_path / "corpus", rows), tmp_path / "dataset")
    assert counts["notes"] == 2
    assert notes(dataset) == {
        "train-00000": "the same picture as train-00001, Disgust in train",
        "train-00001": "the same picture as train-00000, Anger in train",
    }


def test_select_faces_leaves_out_other_classes_and_non_faces(tmp_path):
    rows = [table_row(code, noise_image(code), "Training") for code in (6, 0, 1)]
    votes = [
        "Training,a,10,0,0,0,0,0,0,0,0,0",
        "Training,b,0,0,0,0,4,0,0,0,0,6",
        "Training,c,0,0,0,0,0,5,0,0,0,5",
    ]
    _, dataset = prepare(write_fer_table(tmp_path / "c", rows, votes), tmp_path / "dataset", labels=SIX)
    assert reasons(dataset) == {
        "fer2013.csv: row 0": f"Neutral is not one of {', '.join(SIX.names)}",
        "fer2013.csv: row 1": "not a face, say 6 of 10 raters",
    }
    assert list(dataset.votes["video"]) == ["train-00002"]
    assert dataset.votes.iloc[0]["disgust"] == dataset.votes.iloc[0]["not_a_face"] == 5


def test_select_faces_leaves_out_an_unreadable_image(tmp_path):
    write_images(tmp_path / "corpus", {"train/happy/1.png": noise_image(1)})
    (tmp_path / "corpus/train/happy/2.png").write_bytes(b"no image")
    _, dataset = prepare(tmp_path / "corpus", tmp_path / "dataset")
    assert reasons(dataset) == {"train/happy/2.png": "not an image that can be read"}
    assert dataset.votes is None


def test_select_faces_resizes_to_the_recipe(tmp_path):
    _, dataset = prepare(fer_table(tmp_path / "corpus"), tmp_path / "dataset", size=64)
    assert read_clip(dataset.clip_file("train-000"))["crops"].shape == (14, 64, 64, 3)


def test_prepare_stills_keeps_all_earlier_tables_if_one_cannot_be_written(tmp_path, monkeypatch):
    root, dataset = fer_table(tmp_path), tmp_path / "dataset"
    prepare(root, dataset)
    names = ("data.csv", "videos.csv", "votes.csv")
    before = [(dataset / name).read_bytes() for name in names if (dataset / name).exists()]

    def fail(path, table, **options):
        if path.name == "videos.csv":
            raise KeyboardInterrupt
        write_table(path, table[:0], **options)

    monkeypatch.setattr("ferfusion.preparation.stills.write_table", fail)
    with pytest.raises(KeyboardInterrupt):
        prepare(root, dataset)
    assert [(dataset / name).read_bytes() for name in names if (dataset / name).exists()] == before
    assert not read_json(dataset / "dataset.json")["complete"]


def test_prepare_stills_twice_is_the_same_and_refuses_other_settings(tmp_path):
    root = fer_table(tmp_path / "corpus")
    prepare(root, tmp_path / "dataset")
    before = {path: path.read_bytes() for path in (tmp_path / "dataset").rglob("*") if path.is_file()}
    prepare(root, tmp_path / "dataset")
    after = {path: path.read_bytes() for path in (tmp_path / "dataset").rglob("*") if path.is_file()}
    assert before == after
    with pytest.raises(DatasetError, match="prepared with other settings"):
        prepare(root, tmp_path / "dataset", labels=SIX)
