"""Injected copies are returned, and no others."""

from itertools import pairwise

import cv2
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from ferfusion.corpora.entries import CorpusListing, VideoEntry
from ferfusion.engines import run_here
from ferfusion.errors import DatasetError
from ferfusion.label_set import SIX
from ferfusion.preparation.dataset import open_dataset
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.preparation.videos import prepare_videos
from ferfusion.splits.leaks import Copy, find_copies, refuse_copies
from ferfusion.splits.recipe import SplitRecipe
from ferfusion.splits.split import fold_recipes, split_dataset
from helpers.datasets import write_dataset
from helpers.videos import decode_plainly, textured, write_video

ORIGINAL = "s03_happiness_1"


def cropped(image):
    height, width = image.shape[:2]
    return image[height // 25 : -height // 50, width // 50 : -width // 25]


CHANGES = {
    "again": lambda image: image,
    "enlarged": lambda image: cv2.resize(image, None, fx=1.4, fy=1.4),
    "cropped": cropped,
    "brighter": lambda image: np.clip(image * 0.8 + 40, 0, 255).astype(np.uint8),
    "grey": lambda image: np.repeat(image.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8),
}


def even(image):
    return np.ascontiguousarray(image[: image.shape[0] // 2 * 2, : image.shape[1] // 2 * 2])


def prepare(entries, root, dataset):
    prepare_videos(
        CorpusListing("test", tuple(entries)),
        root,
        dataset,
        labels=SIX,
        recipe=PrepareRecipe(),
        images=False,
        engine=run_here,
    )
    return open_dataset(dataset)


@pytest.fixture(scope="module")
def leaky(sample_corpus, tmp_path_factory):
    """A video of each of six subjects, and changed copies of one of them under other names."""
    folder = tmp_path_factory.mktemp("leaky")
    names = [f"s{number:02d}_happiness_1" for number in range(1, 7)]
    paths = {name: sample_corpus / name[:3] / "happiness" / f"{name}.mp4" for name in names}
    images = [frame.to_ndarray(format="rgb24") for frame in decode_plainly(paths[ORIGINAL])]
    for change, apply in CHANGES.items():
        copies = [even(apply(image)) for image in images]
        paths[f"{change}_1"] = write_video(folder / f"{change}.mp4", copies)
    entries = [VideoEntry(path, name, name.split("_")[0], "Happiness") for name, path in paths.items()]
    return prepare(entries, folder, folder / "dataset")


def test_find_copies_returns_changed_copies_and_no_others(leaky):
    same = {ORIGINAL, *(f"{change}_1" for change in CHANGES)}
    copies = find_copies(leaky)
    assert {frozenset(copy.clips) for copy in copies} == {
        frozenset((first, second)) for first in same for second in same if first < second
    }
    assert [first.similarity >= second.similarity for first, second in pairwise(copies)] == [True] * (
        len(copies) - 1
    )


def test_split_dataset_refuses_copies_in_two_parts_and_names_them(leaky):
    fold = sorted(leaky.pairs["subject"].unique()).index("grey")
    with pytest.raises(DatasetError) as refusal:
        split_dataset(leaky, SplitRecipe(folds="subjects", fold=fold))
    message = str(refusal.value)
    assert "\n" not in message
    assert message.startswith("5 pairs of clips in different parts show the same images, for example ")
    assert "grey_1 (subject grey, test part, pair " in message
    assert not (leaky.root / "splits.csv").exists()


def test_split_dataset_takes_copies_for_every_fold(leaky):
    copies = find_copies(leaky)
    for recipe in fold_recipes(leaky, SplitRecipe(folds=3)):
        with pytest.raises(DatasetError, match="show the same images"):
            split_dataset(leaky, recipe, copies=copies)


def test_find_copies_returns_nothing_for_the_sample_corpus(sample_corpus, tmp_path):
    paths = sorted(sample_corpus.glob("*/*/*_1.mp4"))[::3]
    entries = [VideoEntry(path, path.stem, path.parts[-3], path.parts[-2].title()) for path in paths]
    dataset = prepare(entries, sample_corpus, tmp_path / "dataset")
    assert dataset.pairs["subject"].nunique() == 18
    assert find_copies(dataset) == ()


def test_find_copies_returns_excerpts_of_one_film_among_real_clips(real_data, tmp_path):
    """Two of these are excerpts of one film."""
    names = ("face_noface.mov", "single_face.mp4", "1001_DFA_HAP_XX.flv", "obama_speech.mp4")
    paths = [real_data / "clips" / name for name in names]
    entries = [VideoEntry(path, path.stem, path.stem, "Happiness") for path in paths]
    copies = find_copies(prepare(entries, real_data, tmp_path / "dataset"))
    assert {frozenset(copy.subjects) for copy in copies} == {frozenset(("face_noface", "single_face"))}


def test_find_copies_returns_a_single_copied_frame(tmp_path):
    dataset = open_dataset(write_dataset(tmp_path, subjects=4))
    for number, path in enumerate(sorted((tmp_path / "clips").iterdir())):
        arrays = load_file(path)
        arrays["crops"] = np.stack([textured(48, 48, seed=100 * number + k) for k in range(5)])
        save_file(arrays, path)
    assert find_copies(dataset) == ()
    first, last = (tmp_path / "clips" / f"{name}.safetensors" for name in ("S00_fear_0", "S03_sadness_0"))
    arrays = load_file(last)
    arrays["crops"][2] = load_file(first)["crops"][1]
    save_file(arrays, last)
    (copy,) = find_copies(dataset)
    assert copy.clips == ("S00_fear_0", "S03_sadness_0")
    assert (copy.subjects, copy.pairs, copy.frames) == (("S00", "S03"), (1, 2), 1)
    assert copy.similarity == pytest.approx(1, abs=1e-5)


def test_find_copies_ignores_blank_crops(tmp_path):
    dataset = open_dataset(write_dataset(tmp_path, subjects=3))
    for path in (tmp_path / "clips").iterdir():
        arrays = load_file(path)
        arrays["crops"] = np.full_like(arrays["crops"], 7)
        save_file(arrays, path)
    assert find_copies(dataset) == ()


def test_find_copies_refuses_tables_and_clips_that_do_not_fit(tmp_path):
    dataset = open_dataset(write_dataset(tmp_path, subjects=3))
    path = tmp_path / "clips" / "S00_fear_0.safetensors"
    save_file({**load_file(path), "crops": np.zeros((2, 48, 48, 3), np.uint8)}, path)
    with pytest.raises(DatasetError, match="has pair 3 of the clip S00_fear_0, which has 2 crops"):
        find_copies(dataset)


def test_refuse_copies_allows_copies_in_one_part():
    copies = [Copy(("a", "b"), ("s1", "s2"), (0, 0), 4, 0.99)]
    refuse_copies(copies, {"a": "train", "b": "train"})
    with pytest.raises(DatasetError, match=r"1 pair of .* a \(subject s1, train part, pair 0\) and b"):
        refuse_copies(copies, {"a": "train", "b": "test"})
