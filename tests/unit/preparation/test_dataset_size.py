from dataclasses import replace

import pytest

from ferfusion.corpora.entries import VideoEntry
from ferfusion.preparation.dataset_size import dataset_bytes
from ferfusion.preparation.recipe import PrepareRecipe
from helpers.scenes import grey_video, paint

RECIPE = PrepareRecipe(size=16, keep_every=4)
A_FRAME = 16 * 16 * 7 + 100


@pytest.fixture
def entry(tmp_path):
    """A video of 20 frames at 25 frames per second."""
    path = grey_video(tmp_path / "a.mp4", [paint([(10, 10, 20)], seed=0) for _ in range(20)])
    return VideoEntry(path, "a", "s1", "Anger")


def test_dataset_bytes_are_those_of_all_frames(entry):
    assert dataset_bytes([entry], RECIPE, images=False) == pytest.approx(20 * A_FRAME)
    of_images = 16 * 16 * 2 * 1.8 / 4
    assert dataset_bytes([entry], RECIPE, images=True) == pytest.approx(20 * (A_FRAME + of_images))


def test_dataset_bytes_of_a_stretch_are_those_of_its_frames(entry):
    stretch = replace(entry, start_seconds=0.2, end_seconds=0.6)
    assert dataset_bytes([stretch], RECIPE, images=False) == pytest.approx(10 * A_FRAME)
    beyond = replace(entry, start_seconds=0.6, end_seconds=9.0)
    assert dataset_bytes([beyond], RECIPE, images=False) == pytest.approx(5 * A_FRAME)


def test_dataset_bytes_of_many_videos_read_a_few(entry, monkeypatch):
    numbers = iter([8.0] * 20)
    monkeypatch.setattr("ferfusion.preparation.dataset_size._frames", lambda _: next(numbers))
    assert dataset_bytes([entry] * 101, RECIPE, images=False) == pytest.approx(101 * 8 * A_FRAME)
    assert list(numbers) == []


def test_dataset_bytes_of_unreadable_videos_are_not_known(entry, tmp_path):
    (tmp_path / "b.mp4").write_bytes(b"no video")
    broken = [replace(entry, path=tmp_path / name) for name in ("b.mp4", "missing.mp4")]
    assert dataset_bytes(broken, RECIPE, images=False) is None
    assert dataset_bytes([entry, *broken], RECIPE, images=False) == pytest.approx(3 * 20 * A_FRAME)
    assert dataset_bytes([], RECIPE, images=False) is None
