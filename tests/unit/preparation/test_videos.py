import errno
import os
import stat
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest

from ferfusion.corpora.entries import CorpusListing, LeftOut, VideoEntry
from ferfusion.engines import run_here, run_in_pool
from ferfusion.errors import DatasetError, FileError
from ferfusion.files import read_json
from ferfusion.label_set import SEVEN, SIX
from ferfusion.preparation.clip_file import read_clip
from ferfusion.preparation.dataset import open_dataset
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.preparation.videos import prepare_videos
from ferfusion.progress import Progress
from helpers.oddities import ODDITIES
from helpers.scenes import SquareDetector, grey_video, paint
from helpers.videos import damage, decode_plainly

RECIPE = PrepareRecipe(detector="squares", size=24, keep_every=4)
VIDEOS = {"a": ("s1", "Anger"), "b": ("s1", "Fear"), "c": ("s2", "Anger"), "d": ("s2", "Sadness")}


@pytest.fixture
def squares(monkeypatch):
    monkeypatch.setattr("ferfusion.preparation.frame_preparer.DETECTORS", {"squares": SquareDetector})


@pytest.fixture
def listing(tmp_path):
    """Four good videos of two subjects."""
    root = tmp_path / "corpus"
    root.mkdir()
    entries = []
    for place, (name, (subject, emotion)) in enumerate(VIDEOS.items()):
        images = [paint([(40 + place + k, 30, 30)], seed=place) for k in range(20)]
        path = grey_video(root / f"{name}.mp4", images)
        entries.append(VideoEntry(path, name, subject, emotion))
    return CorpusListing("test", tuple(entries))


def prepare(listing, dataset, *, engine=run_here, **changes):
    """Prepare into ``dataset``; return the ids of the videos that were prepared, and the counts."""
    settings: dict[str, Any] = {"labels": SIX, "recipe": RECIPE} | changes
    reported: list[Progress] = []
    counts = prepare_videos(
        listing,
        listing.entries[0].path.parent,
        dataset,
        engine=engine,
        workers=2,
        on_progress=reported.append,
        **settings,
    )
    return [progress.item for progress in reported if progress.item], counts


def content(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


class Killed(BaseException):
    """In place of a signal that ends the process."""


def killed_after(count):
    def engine(function, jobs, **options):
        for place, job in enumerate(jobs):
            if place == count:
                raise Killed
            yield function(job)

    return engine


def test_prepare_videos_writes_the_folder_of_the_contract(tmp_path, squares, listing):
    dataset = tmp_path / "dataset"
    done, counts = prepare(listing, dataset)
    assert done == list(VIDEOS)
    data, videos, frames = (pd.read_csv(dataset / f"{name}.csv") for name in ("data", "videos", "frames"))
    assert list(data)[:9] == "flow spatial emotion code subject video segment frame seconds".split()
    assert len(frames) == sum(len(decode_plainly(entry.path)) for entry in listing.entries) == 80
    assert frames.groupby("video")["frame"].apply(list).tolist() == [list(range(20))] * 4
    assert videos["video"].tolist() == list(VIDEOS)
    assert videos["fps"].tolist() == [25.0] * 4
    # 20 frames are a segment of 16, of which pairs 0, 4, 8, 12 are kept, and one of 4 with pair 16
    assert data.groupby("video")["frame"].apply(list).tolist() == [[0, 4, 8, 12, 16]] * 4
    assert data.groupby("video")["segment"].apply(list).tolist() == [[0, 0, 0, 0, 1]] * 4
    assert counts == read_json(dataset / "dataset.json")["counts"]
    assert counts["pairs_by_class"] == {
        "Anger": 10, "Disgust": 0, "Fear": 5, "Happiness": 0, "Sadness": 5, "Surprise": 0,
    }  # fmt: skip
    assert (counts["videos"], counts["subjects"], counts["frames"], counts["pairs"]) == (4, 2, 80, 20)


def test_prepare_videos_writes_two_images_for_each_kept_pair_and_no_other(tmp_path, squares, listing):
    dataset = tmp_path / "dataset"
    prepare(listing, dataset)
    data = open_dataset(dataset).pairs
    for column in ("flow", "spatial"):
        folder = dataset / f"imgs_{column}"
        assert {f"imgs_{column}/{path.name}" for path in folder.iterdir()} == set(data[column])
    for _, row in data.iterrows():
        clip = read_clip(dataset / "clips" / f"{row['clip']}.safetensors")
        image = cv2.imread(str(dataset / row["spatial"]))[..., ::-1]
        assert np.array_equal(image, clip["crops"][row["pair"]])
        assert cv2.imread(str(dataset / row["flow"])).shape == (24, 24, 3)
        assert clip["frame_index"][row["pair"]] == row["frame"]
        assert clip["pair_ok"][row["pair"]]


def test_prepare_videos_can_leave_out_the_images(tmp_path, squares, listing):
    prepare(listing, tmp_path / "dataset", images=False)
    assert not list((tmp_path / "dataset").rglob("*.png"))


@pytest.mark.parametrize("after", [0, 1, 3])
def test_prepare_videos_resumes_to_the_same_bytes(tmp_path, squares, listing, after):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    prepare(listing, whole)
    with pytest.raises(Killed):
        prepare(listing, broken, engine=killed_after(after))
    with pytest.raises(DatasetError, match="unfinished; run the same ferfusion prepare again"):
        open_dataset(broken)
    done, _ = prepare(listing, broken)
    assert done == list(VIDEOS)[after:]
    assert content(broken) == content(whole)


@pytest.mark.parametrize("room", [0, 5, 9])
def test_prepare_videos_reports_a_full_disk_and_resumes_once_there_is_space(
    tmp_path, squares, listing, monkeypatch, room
):
    """The disk takes so many files more, and half of the next one."""
    whole, full = tmp_path / "whole", tmp_path / "full"
    prepare(listing, whole)
    written: list[Any] = []

    def write_until_full(path, data):
        if len(written) == room:
            with path.open("wb") as file:
                file.write(data[: len(data) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        written.append(path)
        with path.open("wb") as file:
            return file.write(data)

    with monkeypatch.context() as disk:
        disk.setattr(Path, "write_bytes", write_until_full)
        with pytest.raises(FileError, match=r"Cannot write \S+/full/\S+: No space left on device; free some"):
            prepare(listing, full)
    prepare(listing, full)
    assert content(full) == content(whole)


def test_prepare_videos_leaves_a_finished_dataset_as_it_is(tmp_path, squares, listing):
    dataset = tmp_path / "dataset"
    prepare(listing, dataset)
    before = content(dataset)
    done, _ = prepare(listing, dataset)
    assert done == []
    assert content(dataset) == before


def test_prepare_videos_keeps_a_finished_dataset_readable_all_the_time(tmp_path, squares, listing):
    _, counts = prepare(listing, tmp_path / "data")
    inodes = {path: path.stat().st_ino for path in (tmp_path / "data").iterdir() if path.is_file()}
    assert prepare(listing, tmp_path / "data") == ([], counts)
    assert {path: path.stat().st_ino for path in inodes} == inodes
    with (tmp_path / "data" / "data.csv").open("a") as table:
        table.write("edited\n")
    prepare(listing, tmp_path / "data")
    assert "edited" not in (tmp_path / "data" / "data.csv").read_text()


def test_prepare_videos_prepares_a_lost_clip_and_a_changed_video_again(tmp_path, squares, listing):
    dataset = tmp_path / "dataset"
    prepare(listing, dataset)
    (dataset / "clips" / "b.safetensors").unlink()
    grey_video(listing.entries[2].path, [paint([(20, 20, 40)])] * 33)
    done, counts = prepare(listing, dataset)
    assert done == ["b", "c"]
    assert counts["frames"] == 93


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"recipe": PrepareRecipe(detector="squares", size=32, keep_every=4)}, "size is 24, expected 32"),
        ({"recipe": PrepareRecipe(detector="squares", size=24)}, "keep_every is 4, expected 2"),
        ({"labels": SEVEN}, "the classes are Anger, Disgust, Fear, Happiness, Sadness, Surprise"),
    ],
)
def test_prepare_videos_refuses_the_folder_of_another_recipe_and_names_it(
    tmp_path, squares, listing, changes, message
):
    dataset = tmp_path / "dataset"
    prepare(listing, dataset)
    before = content(dataset)
    with pytest.raises(DatasetError, match=f"was prepared with other settings .*{message}"):
        prepare(listing, dataset, **changes)
    assert content(dataset) == before


def test_prepare_videos_refuses_the_folder_of_another_corpus(tmp_path, squares, listing):
    dataset = tmp_path / "dataset"
    prepare(listing, dataset)
    other = CorpusListing("other", listing.entries)
    with pytest.raises(DatasetError, match="the corpus is 'test', expected 'other'"):
        prepare(other, dataset)


def test_prepare_videos_does_not_touch_a_folder_with_other_files(tmp_path, listing):
    (tmp_path / "diary.txt").write_text("dear diary")
    with pytest.raises(DatasetError, match="holds other files; name a new or empty folder"):
        prepare(listing, tmp_path)
    assert not (tmp_path / "dataset.json").exists()


def test_prepare_videos_gives_a_damaged_video_a_row_with_the_reason(tmp_path, squares, listing):
    text, empty, torn = (entry.path for entry in listing.entries[:3])
    text.write_text("no video at all")
    grey_video(empty, [paint()] * 12)
    damage(torn, range(10, 11))
    _, counts = prepare(listing, tmp_path / "dataset")
    dataset = open_dataset(tmp_path / "dataset")
    rows = dataset.videos.set_index("video")
    assert rows["status"].to_dict() == {"a": "unreadable", "b": "no_face", "c": "ok", "d": "ok"}
    assert rows["reason"]["a"].startswith("Cannot open a.mp4 as a video")
    assert rows["reason"]["b"] == "no face in any of 12 frames"
    assert rows["reason"]["d"] == ""
    assert counts["frames_by_status"] == {"decode_error": 1, "no_face": 12, "ok": 39}
    assert set(dataset.pairs["video"]) == {"c", "d"}
    assert 9 not in dataset.pairs.loc[dataset.pairs["video"] == "c", "frame"].tolist()


def test_prepare_videos_drops_nothing_silently(tmp_path, squares, listing):
    entries = (*listing.entries[:2], VideoEntry(listing.entries[2].path, "c", "s2", "Boredom", note="odd"))
    left = (LeftOut("notes.txt", "not a video file"),)
    _, counts = prepare(CorpusListing("test", entries, left), tmp_path / "dataset")
    videos = open_dataset(tmp_path / "dataset").videos
    assert Counter(videos["status"]) == {"ok": 2, "left_out": 2}
    assert videos["path"].tolist() == ["a.mp4", "b.mp4", "c.mp4", "notes.txt"]
    assert videos["reason"].tolist()[2:] == [
        "Boredom is not one of Anger, Disgust, Fear, Happiness, Sadness, Surprise",
        "not a video file",
    ]
    assert videos["note"].tolist()[2] == "odd"
    written = pd.read_csv(tmp_path / "dataset" / "videos.csv", dtype=str)
    assert all(written[name].dropna().str.isdigit().all() for name in ("code", "frames", "faces", "pairs"))
    assert counts["videos_by_status"] == {"left_out": 2, "ok": 2}


def test_prepare_videos_gives_every_file_the_usual_permissions(tmp_path, squares, listing):
    plain = tmp_path / "plain"
    plain.write_text("")
    prepare(listing, tmp_path / "dataset")
    modes = {
        stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "dataset").rglob("*") if path.is_file()
    }
    assert modes == {stat.S_IMODE(plain.stat().st_mode)}


def test_open_dataset_refuses_an_unfinished_or_missing_dataset(tmp_path, listing):
    with pytest.raises(DatasetError, match=r"is not a dataset folder .*make one with: ferfusion prepare"):
        open_dataset(tmp_path)
    with pytest.raises(Killed):
        prepare(listing, tmp_path / "dataset", engine=killed_after(0))
    with pytest.raises(DatasetError, match="is unfinished"):
        open_dataset(tmp_path / "dataset")


@pytest.mark.slow
def test_prepare_videos_in_a_pool_gives_the_same_bytes(tmp_path, sample_corpus):
    paths = sorted(sample_corpus.rglob("*.mp4"))[:3]
    entries = tuple(
        VideoEntry(path, path.stem, path.parts[-3], path.parts[-2].capitalize()) for path in paths
    )
    labels = type(SIX)((*sorted({*SIX.names, *(entry.emotion for entry in entries)}),))
    here, pool = tmp_path / "here", tmp_path / "pool"
    changes = {"recipe": PrepareRecipe(), "labels": labels}
    _, counts = prepare(CorpusListing("sample", entries), here, **changes)
    prepare(CorpusListing("sample", entries), pool, engine=run_in_pool, **changes)
    assert counts["videos_by_status"] == {"ok": 3}
    assert content(pool) == content(here)


def rows_of(dataset):
    return pd.read_csv(dataset / "videos.csv", dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """Two good videos, and what is prepared of them alone."""
    root = tmp_path_factory.mktemp("good")
    entries = [
        VideoEntry(
            grey_video(root / f"{name}.mp4", [paint([(40 + k, 30, 30)]) for k in range(6)]),
            name,
            name,
            "Fear",
        )
        for name in ("first", "last")
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ferfusion.preparation.frame_preparer.DETECTORS", {"squares": SquareDetector})
        prepare(CorpusListing("test", tuple(entries)), root / "dataset")
    return entries, content(root / "dataset" / "clips"), rows_of(root / "dataset")


@pytest.mark.parametrize("oddity", ODDITIES)
def test_prepare_videos_prepares_good_videos_beside_any_other(tmp_path, squares, alone, oddity):
    """The good videos have the result that they have alone; the odd one has a row with the reason."""
    (first, last), clips, rows = alone
    make, is_readable = ODDITIES[oddity]
    odd = VideoEntry(make(tmp_path), "odd", "odd", "Fear")
    prepare(CorpusListing("test", (first, odd, last)), tmp_path / "dataset")
    found = rows_of(tmp_path / "dataset")
    pd.testing.assert_frame_equal(found[found["video"] != "odd"].reset_index(drop=True), rows)
    assert content(tmp_path / "dataset" / "clips") == clips
    [row] = found[found["video"] == "odd"].to_dict("records")
    assert row["status"] == ("no_face" if is_readable else "unreadable")
    assert row["reason"]
    assert open_dataset(tmp_path / "dataset").frames["video"].nunique() <= 3


def test_prepare_videos_refuses_what_cannot_fit(listing, tmp_path, squares, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=20_000))
    with pytest.raises(FileError, match=r"has 20 KB free, and 4 videos would take at least [\d.]+ KB more"):
        prepare(listing, tmp_path / "dataset")
    assert not (tmp_path / "dataset").exists()
