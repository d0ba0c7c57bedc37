import subprocess
import sys
from pathlib import Path

import pytest

import ferfusion as fer
from helpers.datasets import write_dataset


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return fer.Dataset(write_dataset(tmp_path_factory.mktemp("datasets") / "data", frames=3))


def test_dataset_refuses_a_missing_folder_at_once(tmp_path):
    with pytest.raises(fer.DatasetError, match="nowhere"):
        fer.Dataset(str(tmp_path / "nowhere"))


def test_dataset_is_a_short_line_and_a_table(data):
    assert (
        repr(data) == f"Dataset('{data.folder}': 36 videos, 6 subjects, 72 pairs, 6 classes, crops of 48 px)"
    )
    page = data._repr_html_()
    assert page.count("<tr") == 7
    assert "<td>Fear</td>" in page


def test_dataset_is_a_frozen_value_of_its_folder(data, tmp_path):
    assert data == fer.Dataset(data) == fer.Dataset(str(data.folder))
    assert Path(data) == data.folder
    with pytest.raises(AttributeError):
        data.folder = tmp_path


def test_dataset_tables_are_the_callers_to_change(data):
    pairs = data.pairs
    pairs["emotion"] = "Fear"
    assert data.pairs["emotion"].nunique() == 6


def test_dataset_splits_have_a_row_per_clip_and_share_no_subject(data):
    splits = data.splits.set_index("clip")["part"]
    assert set(splits.index) == set(data.pairs["clip"])
    parts_of_subject = data.pairs.assign(part=data.pairs["clip"].map(splits)).groupby("subject")["part"]
    assert parts_of_subject.nunique().eq(1).all()


def test_dataset_plot_has_a_bar_per_class_and_part(data):
    def widths(dataset):
        return [bar.get_width() for bars in dataset.plot().axes[0].containers for bar in bars]

    parts = data.pairs["clip"].map(data.splits.set_index("clip")["part"])
    counts = [(parts == part).sum() / 6 for part in ("train", "validation", "test")]
    assert widths(data) == [count for count in counts for _ in range(6)]


def test_dataset_plot_without_a_split_has_a_bar_per_class(tmp_path):
    data = fer.Dataset(write_dataset(tmp_path / "data", frames=3))
    (data.folder / "splits.csv").unlink()
    with pytest.raises(fer.DatasetError):
        data.splits  # noqa: B018
    assert [bar.get_width() for bar in data.plot().axes[0].containers[0]] == [12] * 6


def test_split_returns_a_row_per_part_and_writes_the_same_split_again(tmp_path, monkeypatch):
    # the drawn subjects differ in noise alone, so that they count as copies
    monkeypatch.setattr("ferfusion.splits.split.find_copies", lambda _, *, similarity: ())
    data = fer.Dataset(write_dataset(tmp_path / "data", frames=3))
    parts = data.split(seed=4)
    assert parts["part"].tolist() == ["train", "validation", "test"]
    assert parts["subjects"].sum() == 6
    assert parts[list(data.labels.names)].to_numpy().sum() == len(data.pairs)
    before = data.splits
    assert fer.split(data, recipe=fer.SplitRecipe(seed=4)).equals(parts)
    assert data.splits.equals(before)


def test_split_refuses_an_unknown_setting(data):
    with pytest.raises(fer.ConfigError, match=r"Unknown setting 'fold_count'.*"):
        fer.split(data, fold_count=5)


def test_prepare_refuses_workers_below_one(tmp_path):
    with pytest.raises(fer.ConfigError, match="workers must be a whole number from 1 on, got 0"):
        fer.prepare(tmp_path, tmp_path / "out", workers=0)


@pytest.mark.slow
def test_prepare_in_a_script_needs_no_guard(sample_corpus, tmp_path):
    """The processes of a pool do not run the script again."""
    script = tmp_path / "script.py"
    script.write_text(
        "import shutil\n"
        "import ferfusion as fer\n"
        "print('begun')\n"
        "shutil.copytree(fer.sample_corpus() / 's01', 'corpus/s01')\n"
        "print(len(fer.prepare('corpus', 'data', workers=2, images=False).videos))\n"
    )
    done = subprocess.run(
        [sys.executable, script.name], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["begun", "12"]
    assert done.stderr == ""


def test_sample_corpus_is_the_folder_in_the_package(sample_corpus):
    assert fer.sample_corpus() == sample_corpus


def test_synthesize_reports_the_clips_that_exist_and_renders_the_others(tmp_path, monkeypatch):
    from ferfusion.synthesis.corpus import takes

    recipe = fer.SynthesisRecipe(subjects=1, clips=1)
    monkeypatch.setattr("ferfusion.synthesis.corpus.unfinished", lambda *_, **__: takes(recipe)[2:])
    monkeypatch.setattr(
        "ferfusion.synthesis.corpus.write_corpus",
        lambda root, made_of, *, with_flow: (root / take.path for take in takes(made_of)[2:]),
    )
    steps: list[fer.Progress] = []
    assert fer.synthesize(tmp_path, recipe=recipe, progress=steps.append) == tmp_path
    assert "2 of 6 clips" in steps[0].message
    assert [(step.done, step.total) for step in steps[1:]] == [(number, 4) for number in range(5)]
