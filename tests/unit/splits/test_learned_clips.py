import shutil
from dataclasses import replace

import numpy as np
import pytest

from ferfusion.preparation.clip_file import read_clip, write_clip
from ferfusion.preparation.clip_hashes import clip_hashes, crop_hashes, record_clips
from ferfusion.preparation.dataset import open_dataset
from ferfusion.splits.learned_clips import MOST_CLIPS, fingerprints, learned_clips, learned_subjects
from ferfusion.splits.split import read_splits
from helpers.datasets import write_dataset


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    root = write_dataset(tmp_path_factory.mktemp("learned") / "data", subjects=4, frames=3)
    record_clips(root, {path.stem: path for path in (root / "clips").iterdir()}, rows_of={})
    return open_dataset(root)


def test_learned_clips_are_those_of_the_training_and_validation_parts(dataset):
    parts = read_splits(dataset)
    count = sum(part != "test" for part in parts.values())
    assert len(learned_clips(dataset, parts)) == count > 0


def test_fingerprints_of_too_many_clips_are_none():
    assert fingerprints(f"{number:010d}abcdef" for number in range(MOST_CLIPS)) != []
    assert fingerprints(f"{number:010d}abcdef" for number in range(MOST_CLIPS + 1)) == []


def test_learned_subjects_are_people_of_whom_any_clip_was_learned(dataset):
    parts = read_splits(dataset)
    known = learned_clips(dataset, parts)
    pairs = dataset.pairs
    expected = sorted(
        {pairs["subject"][place] for place, clip in pairs["clip"].items() if parts[clip] != "test"}
    )
    assert learned_subjects(dataset, pairs, known) == expected
    assert learned_subjects(dataset, pairs, known[:1]) != []
    assert learned_subjects(dataset, pairs[pairs["clip"].map(parts) == "test"], known) == []
    assert learned_subjects(dataset, pairs, []) is None


def test_learned_clips_are_the_same_with_another_flow(dataset, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(dataset.root, copy)
    (copy / ".clips.json").unlink()
    for path in (copy / "clips").iterdir():
        arrays = read_clip(path)
        write_clip(path, arrays | {"flow": arrays["flow"] + np.float16(1)})
    record_clips(copy, {path.stem: path for path in (copy / "clips").iterdir()}, rows_of={})
    other = open_dataset(copy)
    assert clip_hashes(copy) != clip_hashes(dataset.root)
    parts = read_splits(dataset)
    assert learned_clips(other, parts) == learned_clips(dataset, parts)
    before = (copy / ".clips.json").read_bytes()
    assert b'"crops"' in before
    (copy / "clips" / f"{min(parts)}.safetensors").unlink()  # the hashes are kept: no clip is read again
    assert len(crop_hashes(copy, copy / "clips")) == len(parts)


def test_learned_subjects_of_a_dataset_without_hashes_are_unknown(tmp_path):
    dataset = open_dataset(write_dataset(tmp_path / "data", subjects=3, frames=2))
    assert learned_clips(dataset, read_splits(dataset)) == []
    assert learned_subjects(dataset, dataset.pairs, ["0123456789"]) is None


def test_learned_subjects_of_photographs_are_unknown_unless_a_pack_was_learned(dataset):
    photographs = replace(dataset, stills=True)
    packs = learned_clips(dataset, read_splits(dataset))
    assert learned_subjects(photographs, dataset.pairs, ["0123456789"]) is None
    assert learned_subjects(photographs, dataset.pairs, packs) != []
