"""Injected leaks are found, and nobody is accused."""

from itertools import pairwise

import cv2
import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file, save_file

from ferfusion.corpora.entries import CorpusListing, VideoEntry
from ferfusion.engines import run_here
from ferfusion.errors import ConfigError, DatasetError
from ferfusion.labels import SIX
from ferfusion.preparation.dataset import open_dataset
from ferfusion.preparation.near_duplicates import crop_vectors, near_pairs
from ferfusion.preparation.pipeline import Preparation
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.splits.leaks import Copy, find_copies, refuse_copies
from ferfusion.splits.recipe import SplitRecipe
from ferfusion.splits.split import fold_recipes, split_dataset
from helpers.datasets import write_dataset
from helpers.videos import decode_plainly, textured, write_video

ORIGINAL = "s03_happiness_1"


def cropped(picture):
    height, width = picture.shape[:2]
    return picture[height // 25 : -height // 50, width // 50 : -width // 25]


CHANGES = {
    "again": lambda picture: picture,
    "enlarged": lambda picture: cv2.resize(picture, None, fx=1.4, fy=1.4),
    "cropped": cropped,
    "brighter": lambda picture: np.clip(picture * 0.8 + 40, 0, 255).astype(np.uint8),
    "grey": lambda picture: np.repeat(picture.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8),
}


def even(picture):
    return np.ascontiguousarray(picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2])


def prepare(entries, root, dataset):
    listing = CorpusListing("test", tuple(entries))
    work = Preparation(
        listing=listing, root=root, dataset=dataset, labels=SIX, recipe=PrepareRecipe(), images=False
    )
    work.begin()
    list(work.run(run_here, work.unfinished(), workers=1))
    work.finish()
    return open_dataset(dataset)


@pytest.fixture(scope="module")
def leaky(sample_corpus, tmp_path_factory):
    """A video of each of six subjects, and a changed copy of one of them under a name of its own each."""
    folder = tmp_path_factory.mktemp("leaky")
    names = [f"s{number:02d}_happiness_1" for number in range(1, 7)]
    paths = {name: sample_corpus / name[:3] / "happiness" / f"{name}.mp4" for name in names}
    pictures = [frame.to_ndarray(format="rgb24") for frame in decode_plainly(paths[ORIGINAL])]
    for change, apply in CHANGES.items():
        copies = [even(apply(picture)) for picture in pictures]
        paths[f"{change}_1"] = write_video(folder / f"{change}.mp4", copies)
    entries = [VideoEntry(path, name, name.split("_")[0], "Happiness") for name, path in paths.items()]
    return prepare(entries, folder, folder / "dataset")


def test_a_changed_copy_under_another_name_is_found_and_nobody_else(leaky):
    same = {ORIGINAL, *(f"{change}_1" for change in CHANGES)}
    copies = find_copies(leaky)
    assert {frozenset(copy.clips) for copy in copies} == {
        frozenset((first, second)) for first in same for second in same if first < second
    }
    assert [first.alike >= second.alike for first, second in pairwise(copies)] == [True] * (len(copies) - 1)


def test_a_split_that_parts_a_video_from_its_copy_is_refused_and_names_both(leaky):
    fold = sorted(leaky.pairs["subject"].unique()).index("grey")
    with pytest.raises(DatasetError) as refusal:
        split_dataset(leaky, SplitRecipe(folds="subjects", fold=fold))
    message = str(refusal.value)
    assert "\n" not in message
    assert message.startswith("5 pairs of clips in different parts show the same pictures, for example ")
    assert "grey_1 (subject grey, test part, pair " in message
    assert not (leaky.root / "splits.csv").exists()


def test_what_was_found_once_serves_every_fold(leaky):
    copies = find_copies(leaky)
    for recipe in fold_recipes(leaky, SplitRecipe(folds=3)):
        with pytest.raises(DatasetError, match="show the same pictures"):
            split_dataset(leaky, recipe, copies=copies)


def test_nobody_in_the_sample_corpus_is_taken_for_another(sample_corpus, tmp_path):
    paths = sorted(sample_corpus.glob("*/*/*_1.mp4"))[::3]
    entries = [VideoEntry(path, path.stem, path.parts[-3], path.parts[-2].title()) for path in paths]
    dataset = prepare(entries, sample_corpus, tmp_path / "dataset")
    assert dataset.pairs["subject"].nunique() == 18
    assert find_copies(dataset) == ()


def test_films_of_the_same_people_are_found_among_real_clips(real_data, tmp_path):
    """Two of these are excerpts of one film, as their names do not tell."""
    names = ("face_noface.mov", "single_face.mp4", "1001_DFA_HAP_XX.flv", "obama_speech.mp4")
    paths = [real_data / "clips" / name for name in names]
    entries = [VideoEntry(path, path.stem, path.stem, "Happiness") for path in paths]
    copies = find_copies(prepare(entries, real_data, tmp_path / "dataset"))
    assert {frozenset(copy.subjects) for copy in copies} == {frozenset(("face_noface", "single_face"))}


def test_a_frame_that_was_copied_into_another_subjects_clip_is_found(tmp_path):
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
    assert copy.alike == pytest.approx(1, abs=1e-5)


def test_blank_crops_accuse_nobody(tmp_path):
    dataset = open_dataset(write_dataset(tmp_path, subjects=3))
    for path in (tmp_path / "clips").iterdir():
        arrays = load_file(path)
        arrays["crops"] = np.full_like(arrays["crops"], 7)
        save_file(arrays, path)
    assert find_copies(dataset) == ()


def test_tables_and_clips_of_two_preparations_are_refused(tmp_path):
    dataset = open_dataset(write_dataset(tmp_path, subjects=3))
    path = tmp_path / "clips" / "S00_fear_0.safetensors"
    save_file({**load_file(path), "crops": np.zeros((2, 48, 48, 3), np.uint8)}, path)
    with pytest.raises(DatasetError, match="has pair 3 of the clip S00_fear_0, which has 2 crops"):
        find_copies(dataset)


def test_copies_inside_one_part_are_no_leak():
    copies = [Copy(("a", "b"), ("s1", "s2"), (0, 0), 4, 0.99)]
    refuse_copies(copies, {"a": "train", "b": "train"})
    with pytest.raises(DatasetError, match=r"1 pairs of .* a \(subject s1, train part, pair 0\) and b"):
        refuse_copies(copies, {"a": "train", "b": "test"})


def test_the_dot_product_of_two_crops_is_the_correlation_of_their_small_grey_pictures():
    crops = np.stack([textured(48, 48, seed=seed) for seed in range(4)])
    grey = [
        cv2.cvtColor(crop.reshape(16, 3, 16, 3, 3).mean((1, 3)).round().astype(np.uint8), cv2.COLOR_RGB2GRAY)
        for crop in crops
    ]
    products = crop_vectors(crops) @ crop_vectors(crops).T
    np.testing.assert_allclose(products, np.corrcoef(np.reshape(grey, (4, -1))), atol=0.003)
    brighter = (crops * 0.5 + 90).astype(np.uint8)
    np.testing.assert_allclose((crop_vectors(crops) * crop_vectors(brighter)).sum(1), 1, atol=0.003)


def test_no_pair_is_missed():
    """Against every dot product, on many points in bundles, so that near ones abound."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(300, 256))
    points = np.repeat(centres, 10, axis=0) + rng.normal(size=(3000, 256)) * rng.uniform(0, 0.4, (3000, 1))
    points -= points.mean(axis=1, keepdims=True)
    vectors = (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)
    groups = rng.integers(0, 5, 3000)
    products = vectors @ vectors.T
    near = np.triu(products >= 0.96, k=1) & (groups[:, None] != groups[None])
    found = near_pairs(vectors, groups, alike=0.96)
    assert near.sum() > 1000
    assert set(zip(found.first.tolist(), found.second.tolist(), strict=True)) == set(
        zip(*(places.tolist() for places in np.nonzero(near)), strict=True)
    )
    np.testing.assert_allclose(found.alike, products[found.first, found.second], atol=1e-6)


def test_a_number_that_tells_nothing_apart_is_refused():
    with pytest.raises(ConfigError, match="alike must be a correlation"):
        SplitRecipe(alike=1.5)
    assert pd.DataFrame(near_pairs(np.eye(4, dtype=np.float32), np.arange(4), alike=0.9).first).empty
