import shutil

import cv2
import numpy as np
import pytest

import ferfusion as fer
from ferfusion.errors import DatasetError
from ferfusion.label_set import SIX
from ferfusion.preparation.clip_file import read_clip
from ferfusion.preparation.frame_preparer import FramePreparer
from ferfusion.preparation.prepare_corpus import prepare_corpus
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.splits.recipe import SplitRecipe
from ferfusion.splits.split import read_splits, split_dataset
from ferfusion.video.footage import image_in_memory
from helpers.corpora import write_text
from helpers.photographs import write_photograph
from helpers.scenes import SquareDetector, paint
from helpers.stills import noise_image

RECIPE = PrepareRecipe(detector="none", size=16)


def tinted(seed, *, size=40):
    """A photograph (S, S, 3) in colour, another for every seed."""
    return np.stack(
        [cv2.resize(noise_image(3 * seed + channel), (size, size)) for channel in range(3)], axis=2
    )


def prepare(root, dataset, **settings):
    return prepare_corpus(root, dataset, **{"recipe": RECIPE, "engine": "here", **settings})


def column(dataset, name):
    return dict(zip(dataset.videos["video"], dataset.videos[name], strict=True))


def subjects_and_emotions(root):
    """Six people with a photograph of each of three emotions: s1/joy/1.jpg."""
    for seed in range(18):
        person, emotion = divmod(seed, 3)
        place = f"s{person}/{('joy', 'fear', 'anger')[emotion]}/{seed}.png"
        write_photograph(root / place, tinted(seed))
    return root


def test_prepare_photographs_keeps_subjects_apart_and_trains_on_their_crops(tmp_path):
    dataset = prepare(subjects_and_emotions(tmp_path / "in"), tmp_path / "data")
    assert dataset.stills
    assert dataset.people_known
    assert sorted(dataset.pairs["clip"].unique()) == [f"s{person}" for person in range(6)]
    assert dataset.counts["pairs_by_class"] == {
        **dict.fromkeys(SIX.names, 0),
        **dict.fromkeys(("Anger", "Fear", "Happiness"), 6),
    }
    parts = split_dataset(dataset, SplitRecipe(validation=0.34, test=0.34))
    assert read_splits(dataset) == parts
    assert sorted(parts.values()) == ["test"] * 2 + ["train"] * 2 + ["validation"] * 2
    row = dataset.pairs[dataset.pairs["spatial"] == "s0/fear/1.png"].iloc[0]
    [prepared] = FramePreparer(RECIPE).prepare(image_in_memory(tinted(1)).read())
    assert np.array_equal(
        read_clip(dataset.clip_file(row["clip"]))["crops"][row["pair"]], prepared.faces[0].crop
    )
    assert dataset.frames[["frame", "status", "w", "h"]].to_numpy().tolist() == [[0, "ok", 40, 40]] * 18


def test_prepare_photographs_of_a_table_reads_the_faces_upright_and_gives_reasons(tmp_path, monkeypatch):
    monkeypatch.setattr("ferfusion.preparation.frame_preparer.DETECTORS", {"squares": SquareDetector})

    def colour(*faces, brightness=225):
        return np.repeat(paint(faces, brightness=brightness)[..., None], 3, axis=2)

    lying = np.rot90(colour((20, 10, 40), (100, 10, 30)))  # EXIF says how it is shown
    write_photograph(tmp_path / "two.jpg", lying, orientation=6)
    write_photograph(tmp_path / "none.png", colour())
    write_photograph(tmp_path / "small.png", colour((20, 10, 8)))
    write_photograph(tmp_path / "dim.png", colour((20, 10, 40), brightness=185))
    (tmp_path / "torn.jpg").write_bytes(b"no image")
    names = ("two.jpg", "none.png", "small.png", "dim.png", "torn.jpg", "gone.png")
    rows = [f"{name},joy,ann" for name in names]
    table = write_text(tmp_path, "t.csv", "\n".join(["path,label,subject", *rows]) + "\n")
    recipe = PrepareRecipe(detector="squares", size=16)
    dataset = prepare(table, tmp_path / "data", recipe=recipe)
    assert column(dataset, "status") == {
        "two": "ok",
        "none": "no_face",
        "small": "small_face",
        "dim": "low_score",
        "torn": "unreadable",
        "": "left_out",
    }
    assert column(dataset, "reason")["torn"] == "torn.jpg: not an image that can be read"
    assert column(dataset, "note")["two"] == "the largest of 2 faces"
    [box] = dataset.frames[dataset.frames["status"] == "ok"][["x", "y", "w", "h"]].to_numpy(float)
    assert box == pytest.approx([20, 10, 40, 40], abs=2)
    assert len(dataset.pairs) == 1


def test_prepare_photographs_without_subjects_counts_each_as_a_person_and_copies_as_one(tmp_path):
    for emotion in ("joy", "fear"):
        for number in range(4):
            write_photograph(
                tmp_path / "in" / emotion / f"{number}.png", tinted(number + 9 * (emotion == "joy"))
            )
    brighter = (tinted(0) * 0.8 + 40).astype(np.uint8)
    write_photograph(tmp_path / "in" / "fear" / "again.png", brighter)
    dataset = prepare(tmp_path / "in", tmp_path / "data")
    notes, subjects = column(dataset, "note"), column(dataset, "subject")
    assert notes["joy-1"] == "no subject is known; counted as a person of its own"
    assert notes["fear-0"].startswith("a copy of fear-again, Fear (correlation 0.9")
    assert subjects["fear-0"] == subjects["fear-again"]
    assert not dataset.people_known  # the subject of a copy is an image too
    assert len(set(subjects.values())) == 8
    parts = split_dataset(dataset, SplitRecipe(validation=0.3, test=0.3))
    assert parts["fear-0"] == parts["fear-again"]


def test_prepare_photographs_leaves_out_an_image_with_a_copy_in_a_later_part(tmp_path):
    rows = ["path,label,split"]
    for part in ("train", "val", "test"):
        for number in range(2):
            write_photograph(tmp_path / f"{part}{number}.png", tinted(0 if number == 0 else len(rows)))
            rows.append(f"{part}{number}.png,joy,{part}")
    dataset = prepare(write_text(tmp_path, "t.csv", "\n".join(rows) + "\n"), tmp_path / "data")
    assert column(dataset, "status") == {
        **dict.fromkeys(("train1", "val1", "test0", "test1"), "ok"),
        **dict.fromkeys(("train0", "val0"), "left_out"),
    }
    assert column(dataset, "reason")["val0"].startswith("a copy of test0, Happiness in test (corr")
    assert set(dataset.pairs["video"]) == {"train1", "val1", "test0", "test1"}
    assert not dataset.people_known
    assert {clip.split("_")[0] for clip in split_dataset(dataset, SplitRecipe())}


def test_split_refuses_photographs_of_two_people_that_show_the_same(tmp_path):
    root = subjects_and_emotions(tmp_path / "in")
    write_photograph(root / "s5" / "joy" / "copy.png", tinted(0))
    dataset = prepare(root, tmp_path / "data")
    assert column(dataset, "note")["s5-joy-copy"].startswith("a copy of s0-joy-0, Happiness")
    apart = SplitRecipe(folds="subjects")  # s0 alone is the test part
    with pytest.raises(DatasetError, match="show the same images, for example s"):
        split_dataset(dataset, apart)


def test_prepare_photographs_resumes_and_does_only_what_changed(tmp_path, monkeypatch):
    root = subjects_and_emotions(tmp_path / "in")
    prepare(root, tmp_path / "data")
    before = {path: path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()}
    done = []
    prepare(root, tmp_path / "data", on_progress=lambda progress: done.append(progress.item))
    assert {path: path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()} == before
    write_photograph(root / "s2" / "joy" / "new.png", tinted(99))
    done.clear()
    dataset = prepare(root, tmp_path / "data", on_progress=lambda progress: done.append(progress.item))
    assert "s2" in done
    assert "s1" not in done
    assert len(dataset.pairs) == 19


def test_prepare_leaves_photographs_among_videos_out(tmp_path, sample_corpus):
    shutil.copytree(sample_corpus / "s01" / "fear", tmp_path / "s01" / "fear")
    write_photograph(tmp_path / "s01" / "joy" / "photo.png", tinted(1))
    videos = [f"s01/fear/{path.name},fear,s01" for path in sorted((tmp_path / "s01" / "fear").iterdir())][:1]
    table = write_text(
        tmp_path, "t.csv", "\n".join(["path,label,subject", *videos, "s01/joy/photo.png,joy,s01"])
    )
    dataset = prepare(table, tmp_path / "data", images=False)
    assert not dataset.stills
    reason = dict(zip(dataset.videos["path"], dataset.videos["reason"], strict=True))
    assert (
        reason["s01/joy/photo.png"] == "a photograph among videos; prepare photographs into their own dataset"
    )


def test_dataset_of_photographs_trains_and_evaluates(tmp_path):
    recipe = PrepareRecipe(detector="none")
    dataset = prepare(subjects_and_emotions(tmp_path / "in"), tmp_path / "data", recipe=recipe)
    split_dataset(dataset, SplitRecipe(validation=0.34, test=0.34))
    run = fer.train(tmp_path / "data", tmp_path / "run", architecture="spatial", epochs=1, progress=False)
    scores = run.evaluate().scores
    assert set(scores["part"]) == {"validation", "test"}
    page = (tmp_path / "run" / "report.html").read_text()
    assert "of 2 people" in page
    assert "Protocol: no person in two parts" in page or "Nobody is in two parts" in page
    seen = fer.load_model(tmp_path / "run").predict(tmp_path / "in" / "s0", progress=False)
    assert set(seen.table["status"]) == {"ok"}
