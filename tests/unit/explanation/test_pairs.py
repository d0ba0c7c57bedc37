import shutil

import numpy as np
import pytest
import torch

from ferfusion.actions.names import ACTIONS
from ferfusion.errors import BundleError, DatasetError, RunError
from ferfusion.explanation.pairs import images_of, open_run_pairs, spread
from ferfusion.preparation.clip_file import read_clip, write_clip
from ferfusion.preparation.recipe import PrepareRecipe
from helpers.datasets import write_dataset


def test_candidates_are_the_same_for_a_seed_and_of_their_class(source):
    first, again, other = (source.candidates("train", per_class=3, seed=seed) for seed in (0, 0, 1))
    assert first["Anger"].tolist() == again["Anger"].tolist() != other["Anger"].tolist()
    for name, rows in first.items():
        assert set(source.pairs.table["emotion"].iloc[rows]) == {name}


def test_spread_has_every_video_once_before_any_twice():
    videos = np.repeat(["a", "b", "c"], [10, 3, 1])
    order = videos[spread(np.arange(14), videos, rng=np.random.default_rng(0))]
    assert sorted(order[:3]) == ["a", "b", "c"]
    assert sorted(order[3:5]) == ["a", "b"]
    assert sorted(order) == sorted(videos)


def test_face_inputs_are_the_crops_and_flows_of_the_rows(source):
    rows = np.array([4, 0])
    crops, flows = source.reader.gather(rows)
    found = source.face_inputs(rows)
    np.testing.assert_array_equal([one.crop for one in found], crops)
    np.testing.assert_array_equal([one.flow for one in found], flows)
    assert all(one.window is None for one in found)
    assert [image.shape for image in images_of(source.explainer, found)] == 2 * [(2, 3, 48, 48)]


def test_face_inputs_of_a_window_end_with_the_crop(tmp_path, dataset, make_run):
    pairs = open_run_pairs(make_run(tmp_path / "run", dataset, architecture="lstm"), method="grad-cam")
    rows = np.array([3, 1])
    for one in pairs.face_inputs(rows):
        assert one.window.shape == (3, 48, 48, 3)
        np.testing.assert_array_equal(one.window[-1], one.crop)
    faces, _, windows = pairs.images(rows)
    assert torch.equal(windows[:, -1], faces)


def test_action_words_name_what_differs_from_the_rest_of_the_clip(tmp_path, dataset, make_run):
    here = shutil.copytree(dataset, tmp_path / "here")
    pairs = open_run_pairs(make_run(tmp_path / "run", here), method="grad-cam")
    clip = pairs.pairs.table["clip"].iloc[0]
    row = int(np.flatnonzero((pairs.pairs.table["clip"] == clip) & (pairs.pairs.table["pair"] == 1))[0])
    assert pairs.action_words(row) == ""
    file = pairs.clips / f"{clip}.safetensors"
    arrays = read_clip(file)
    actions = np.full((len(arrays["crops"]), len(ACTIONS)), 0.1, np.float32)
    actions[1, ACTIONS.index("jawOpen")] = 0.7
    write_clip(file, arrays | {"actions": actions})
    assert pairs.action_words(row) == "jaw dropped"
    assert pairs.action_words(row - 1) == ""


def test_open_run_pairs_asks_for_a_moved_dataset_and_finds_it(tmp_path, dataset, make_run):
    here = shutil.copytree(dataset, tmp_path / "here")
    run = make_run(tmp_path / "run", here)
    moved = here.rename(tmp_path / "moved")
    with pytest.raises(DatasetError, match="name its folder with --dataset"):
        open_run_pairs(run, method="grad-cam")
    assert len(open_run_pairs(run, method="grad-cam", dataset=moved).reader) > 0


def test_open_run_pairs_refuses_a_dataset_of_another_recipe(tmp_path, run):
    other = write_dataset(tmp_path / "other", recipe=PrepareRecipe(margin=0.7))
    with pytest.raises(BundleError, match="margin"):
        open_run_pairs(run, method="grad-cam", dataset=other)


def test_open_run_pairs_refuses_a_damaged_run_folder(tmp_path, run):
    damaged = shutil.copytree(run, tmp_path / "run")
    (damaged / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(RunError, match=r"config\.json"):
        open_run_pairs(damaged, method="grad-cam")
