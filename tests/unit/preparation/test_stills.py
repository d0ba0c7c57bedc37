import json
from collections import Counter

import numpy as np
import pytest

from ferfusion.corpora.fer2013 import EMOTIONS, list_fer2013
from ferfusion.curation.near_copies import near_copies
from ferfusion.errors import DatasetError
from ferfusion.files import read_json
from ferfusion.label_set import SEVEN, SIX
from ferfusion.parts import PARTS
from ferfusion.preparation import stills
from ferfusion.preparation.clip_file import read_clip
from ferfusion.preparation.dataset import open_dataset
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.preparation.stills import prepare_stills
from ferfusion.splits.recipe import SplitRecipe
from ferfusion.splits.split import read_splits, split_dataset
from ferfusion.tables import write_table
from helpers.stills import fer_table, noise_image, table_row, write_fer_table, write_images


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
    monkeypatch.setattr(stills, "FEWEST_PACKS", 1)
    counts, dataset = prepare(fer_table(tmp_path / "corpus"), tmp_path / "dataset")
    assert dataset.stills
    assert json.loads((tmp_path / "dataset/dataset.json").read_text())["stills"] is True
    packs = [f"{part}-00{number}" for part in ("train", "validation", "test") for number in (0, 1)]
    assert list(dataset.pairs["clip"].unique()) == packs
    assert counts["pairs"] == len(dataset.pairs) == 42
    assert counts["pairs_by_class"] == dict.fromkeys(SEVEN.names, 6)
    row = dataset.pairs.iloc[10]
    assert (row["clip"], row["pair"]) == ("train-001", 0)
    assert row["emotion"] == SEVEN.names[row["code"]]
    arrays = read_clip(dataset.clip_file("train-001"))
    assert {name: array.shape for name, array in arrays.items()} == {
        "crops": (4, 48, 48, 3),
        "compared": (4, 16, 16, 3),
    }
    number = int(row["video"].removeprefix("train-"))
    code = number // 2  # two of each class
    for channel in range(3):
        assert np.array_equal(arrays["crops"][0, :, :, channel], noise_image(100 * code + number % 2))


def test_prepare_stills_keeps_the_official_split(tmp_path):
    _, dataset = prepare(fer_table(tmp_path / "corpus"), tmp_path / "dataset")
    parts = split_dataset(dataset, SplitRecipe())
    assert {clip: clip.partition("-")[0] for clip in parts} == parts
    assert set(parts.values()) == set(PARTS)
    assert read_splits(dataset) == parts


def with_copies(root):
    """Twelve training images of each class, each of which has a brighter copy, and a validation image."""
    images = {}
    for code, emotion in enumerate(EMOTIONS):
        for take in range(12):
            image = noise_image(100 * code + take)
            images[f"train/{emotion}/{take}.png"] = image
            images[f"train/{emotion}/{take + 20}.png"] = (image * 0.7 + 50).astype(np.uint8)
        images[f"validation/{emotion}/0.png"] = noise_image(1000 + code)
    return write_images(root, images)


def test_split_of_stills_without_a_test_part_cuts_validation_out_of_training(tmp_path):
    root, parts, tables = with_copies(tmp_path / "corpus"), {}, {}
    for size in (48, 64, 40):
        _, dataset = prepare(root, tmp_path / f"dataset{size}", size=size)
        parts[size], tables[size] = split_dataset(dataset, SplitRecipe()), dataset.pairs
    assert parts[48] == parts[64] == parts[40]
    assert tables[48].equals(tables[64])
    rows = tables[48].assign(part=tables[48]["clip"].map(parts[48]))
    assert rows.loc[rows["part"] == "test", "video"].str.startswith("validation-").all()
    assert (rows["part"] == "test").sum() == 7
    # as many as are tested, or a few more: every class, and whole groups of copies
    assert 7 <= (rows["part"] == "validation").sum() <= 14
    assert set(rows.loc[rows["part"] == "validation", "emotion"]) == set(SEVEN.names)
    trained = rows[rows["part"] != "test"]
    assert trained["subject"].nunique() == 7 * 12
    assert (trained.groupby("subject")["part"].nunique() == 1).all()
    assert (trained.groupby("subject")["video"].nunique() == 2).all()
    found = near_copies(dataset)
    assert found["group"].nunique() == 7 * 12
    assert (found["clip"].map(parts[48]).groupby(found["group"]).nunique() == 1).all()


def test_split_of_stills_refuses_copies_that_preparation_did_not_join(tmp_path, monkeypatch):
    monkeypatch.setattr(stills, "joined_groups", lambda *_, count: np.arange(count))
    _, dataset = prepare(with_copies(tmp_path / "corpus"), tmp_path / "dataset")
    with pytest.raises(DatasetError, match="in different parts show the same images"):
        split_dataset(dataset, SplitRecipe())


def test_split_of_stills_without_a_validation_part_cuts_it_out_of_training(tmp_path):
    images = {
        f"train/{name}/{k}.png": noise_image(10 * k + (name == "sad"))
        for name in ("happy", "sad")
        for k in range(4)
    }
    write_images(tmp_path / "corpus", images | {"test/sad/9.png": noise_image(99)})
    _, dataset = prepare(tmp_path / "corpus", tmp_path / "dataset")
    assert Counter(split_dataset(dataset, SplitRecipe()).values()) == {"train": 6, "validation": 2, "test": 1}


def test_split_of_stills_refuses_a_corpus_with_nothing_to_test_on(tmp_path):
    images = {f"train/happy/{k}.png": noise_image(k) for k in range(4)}
    _, dataset = prepare(write_images(tmp_path / "corpus", images), tmp_path / "dataset")
    with pytest.raises(DatasetError, match=r"empty parts \['test'\]"):
        split_dataset(dataset, SplitRecipe())


def test_select_faces_leaves_out_images_with_a_copy_in_a_later_part(tmp_path):
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
    assert list(found) == ["fer2013.csv: row 0", "fer2013.csv: row 2", "fer2013.csv: row 4"]
    assert found["fer2013.csv: row 0"].startswith("a copy of validation-00003 of the validation part")
    assert found["fer2013.csv: row 2"].startswith("a copy of test-00005 of the test part")
    assert found["fer2013.csv: row 4"].startswith("a copy of test-00006 of the test part")
    assert notes(dataset) == {}


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
    assert read_clip(dataset.clip_file("train-000"))["crops"].shape == (1, 64, 64, 3)


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
