"""A study across corpora on disk: what it trains on whom, what it refuses, and that it resumes."""

import pytest

from ferfusion.errors import ConfigError, DatasetError
from ferfusion.files import read_json
from ferfusion.splits.split import read_splits
from ferfusion.tables import read_table, write_table
from helpers.cross_corpora import opened, write_corpora, write_corpus


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    return write_corpora(tmp_path_factory.mktemp("corpora"))


@pytest.fixture
def no_copies(monkeypatch):
    """The drawn squares of all people count as copies of one another."""
    monkeypatch.setattr("ferfusion.studies.cross_study.find_copies", lambda *_, **__: ())


def test_cross_study_tests_whole_corpora_that_the_training_never_saw(corpora, tmp_path, no_copies):
    study = opened(corpora, tmp_path / "study", protocol="leave-one-corpus-out", seeds=2)
    assert len(study.trainings) == 3 * 2
    study.begin()
    for path, division in zip(study.splits, study.divisions, strict=True):
        parts = read_splits(study.dataset, path)
        pairs = study.dataset.pairs
        people = pairs.loc[pairs["clip"].map(parts) == "test", "subject"]
        assert set(people.map(study.pooled.corpus_of)) == set(division.tested_on)
    assert read_json(study.folder / "study.json")["plan"]["protocol"] == "leave-one-corpus-out"


def test_cross_study_begin_again_keeps_its_parts_and_takes_the_datasets_in_any_order(
    corpora, tmp_path, no_copies
):
    opened(corpora, tmp_path / "study", protocol="each-to-each").begin()
    before = [path.stat().st_mtime_ns for path in (tmp_path / "study" / "splits").iterdir()]
    opened(corpora[::-1], tmp_path / "study", protocol="each-to-each", seeds=6).begin()
    assert [path.stat().st_mtime_ns for path in (tmp_path / "study" / "splits").iterdir()] == before


def test_cross_study_begin_refuses_other_datasets_and_settings(corpora, tmp_path, no_copies):
    study = opened(corpora[:2], tmp_path / "study", protocol="each-to-each")
    study.begin()
    (study.folder / "runs").mkdir()
    with pytest.raises(ConfigError, match="holds a study of other variants or settings"):
        opened(corpora[:2], tmp_path / "study", protocol="leave-one-corpus-out").begin()
    more = opened(corpora, tmp_path / "study", protocol="each-to-each")
    with pytest.raises(
        DatasetError, match=r"has changed since .*the datasets; clips that are new: 24"
    ) as error:
        more.begin()
    assert "--retrain-changed" in str(error.value)
    assert len(list(study.pooled.clips_folder.iterdir())) == 6 * (6 + 5)  # nothing was written
    more.begin(retrain_changed=True)
    assert len(list(study.splits[0].parent.glob("*.csv"))) == 3


def test_cross_study_begin_refuses_one_image_in_two_corpora(corpora, tmp_path):
    with pytest.raises(DatasetError, match="in different parts show the same images"):
        opened(corpora[:2], tmp_path / "study", train_on=("a",), test_on=("b",)).begin()


def test_cross_study_begin_refuses_too_few_people_before_it_writes(corpora, tmp_path):
    small = write_corpus(tmp_path / "small", seed=7)
    pairs = read_table(small / "data.csv")
    write_table(small / "data.csv", pairs[pairs["subject"] != "S02"])
    with pytest.raises(DatasetError, match="small cannot be divided"):
        opened([corpora[0], small], tmp_path / "study", protocol="each-to-each").begin()
    assert not (tmp_path / "study").exists()


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ({}, "study of 3 datasets needs a protocol .each-to-each or leave-one-corpus-out."),
        ({"train_on": ("a", "x"), "test_on": ("b", "c")}, "Unknown dataset 'x'"),
        ({"train_on": ("a",)}, "train_on and test_on belong together"),
        (
            {"protocol": "each-to-each", "train_on": ("a",), "test_on": ("b",)},
            "A protocol takes all datasets",
        ),
        ({"protocol": "each-to-each", "folds": "5"}, "folds divide one dataset"),
        ({"protocol": "each-to-each", "variants": ("fusions",)}, "with one variant; got 6: flatten-concat"),
    ],
)
def test_open_cross_study_refuses(corpora, tmp_path, plan, words):
    with pytest.raises(ConfigError, match=words):
        opened(corpora, tmp_path, **plan)


def test_open_cross_study_refuses_a_single_dataset(corpora, tmp_path):
    with pytest.raises(ConfigError, match="needs two or more datasets"):
        opened(corpora[:1], tmp_path, protocol="each-to-each")


def test_open_cross_study_trains_the_network_of_the_settings_or_the_only_variant(corpora, tmp_path):
    assert opened(corpora, tmp_path, protocol="each-to-each").variant.name == "two-stream"
    one = opened(corpora, tmp_path, protocol="each-to-each", variants=("fusion=gap-sum",))
    assert (one.variant.name, one.variant.model.fusion) == ("gap-sum", "gap-sum")
