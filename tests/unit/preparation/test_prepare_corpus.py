from dataclasses import replace
from typing import Any

import pytest

from ferfusion.errors import ConfigError, CorpusError
from ferfusion.faces.model_file import model_sha256
from ferfusion.labels import SEVEN
from ferfusion.preparation.prepare_corpus import prepare_corpus
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.progress import Progress
from helpers.scenes import SquareDetector, grey_video, paint
from helpers.stills import fer_table

RECIPE = PrepareRecipe(detector="squares", size=24)


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    """A folder per emotion inside a folder per subject, with a video each."""
    monkeypatch.setattr("ferfusion.preparation.frame_preparer.DETECTORS", {"squares": SquareDetector})
    root = tmp_path / "corpus"
    for number, subject in enumerate(("s1", "s2")):
        for emotion in ("anger", "neutral"):
            folder = root / subject / emotion
            folder.mkdir(parents=True)
            grey_video(folder / f"{subject}{emotion}.mp4", [paint([(40 + number, 30, 30)])] * 18)
    return root


def prepare(root, dataset, **settings):
    """Prepare in this process; return the dataset, and what was reported."""
    reported: list[Progress] = []
    used: dict[str, Any] = {"recipe": RECIPE, "engine": "here"} | settings
    return prepare_corpus(root, dataset, on_progress=reported.append, **used), reported


def test_prepare_corpus_recognises_the_layout_and_says_why(corpus, tmp_path):
    dataset, reported = prepare(corpus, tmp_path / "dataset")
    assert dataset.corpus == "folder"
    assert reported[0].message.startswith("Recognised the corpus folder: ")
    assert [(each.done, each.total, each.unit) for each in reported[1:]] == [
        (1, 2, "videos"),
        (2, 2, "videos"),
    ]


def test_prepare_corpus_keeps_the_classes_of_the_label_set(corpus, tmp_path):
    six, _ = prepare(corpus, tmp_path / "six", corpus="folder")
    seven, _ = prepare(corpus, tmp_path / "seven", corpus="folder", labels="seven")
    assert set(six.pairs["emotion"]) == {"Anger"}
    assert (set(seven.pairs["emotion"]), seven.labels) == ({"Anger", "Neutral"}, SEVEN)


def test_prepare_corpus_reports_what_is_prepared_already(corpus, tmp_path):
    prepare(corpus, tmp_path / "dataset", corpus="folder")
    [clip, _] = (tmp_path / "dataset" / "clips").iterdir()
    clip.unlink()
    _, reported = prepare(corpus, tmp_path / "dataset", corpus="folder")
    assert reported[0].message == "1 of 2 videos are prepared already."
    assert [(each.item, each.done, each.total) for each in reported[1:]] == [(clip.stem, 1, 1)]


def test_prepare_corpus_prepares_still_images(tmp_path):
    dataset, _ = prepare(fer_table(tmp_path / "corpus"), tmp_path / "dataset", recipe=PrepareRecipe())
    assert dataset.stills
    assert (dataset.corpus, len(dataset.pairs)) == ("fer2013", dataset.counts["pairs"])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"corpus": "foldr"}, "Unknown corpus 'foldr'.*Did you mean 'folder'"),
        ({"labels": "sixx"}, "Unknown label set 'sixx'.*Did you mean 'six'"),
        ({"engine": "pol"}, "Unknown engine 'pol'.*Did you mean 'pool'"),
        ({"recipe": replace(RECIPE, flow="diss")}, "Unknown flow estimator 'diss'.*Did you mean 'dis'"),
    ],
)
def test_prepare_corpus_refuses_an_unknown_name_and_writes_nothing(corpus, tmp_path, settings, message):
    with pytest.raises(ConfigError, match=message):
        prepare(corpus, tmp_path / "dataset", **settings)
    assert not (tmp_path / "dataset").exists()


def test_prepare_corpus_refuses_a_folder_that_it_does_not_recognise(tmp_path):
    (tmp_path / "corpus").mkdir()
    with pytest.raises(CorpusError):
        prepare(tmp_path / "corpus", tmp_path / "dataset")


def test_prepare_corpus_pins_the_content_of_a_model_file(corpus, tmp_path, monkeypatch):
    """A detector that takes a model file and ignores it."""
    model = tmp_path / "model.onnx"
    model.write_bytes(b"any content")
    monkeypatch.setattr(
        "ferfusion.preparation.frame_preparer.WITH_MODEL_FILE", {"squares": lambda _: SquareDetector()}
    )
    dataset, _ = prepare(corpus, tmp_path / "dataset", detector_model=model)
    assert dataset.recipe.detector_sha256 == model_sha256(model)
