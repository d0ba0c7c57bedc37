from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ferfusion.errors import ConfigError, CorpusError, DatasetError
from ferfusion.faces.model_file import model_sha256
from ferfusion.label_set import SEVEN
from ferfusion.preparation.clip_file import read_clip
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
    assert [(each.done, each.total, each.unit) for each in reported if not each.message] == [
        (1, 2, "videos"),
        (2, 2, "videos"),
    ]


def test_prepare_corpus_keeps_the_classes_of_the_label_set(corpus, tmp_path):
    six, _ = prepare(corpus, tmp_path / "six", corpus="folder")
    seven, _ = prepare(corpus, tmp_path / "seven", corpus="folder", labels="seven")
    assert set(six.pairs["emotion"]) == {"Anger"}
    assert (set(seven.pairs["emotion"]), seven.labels) == ({"Anger", "Neutral"}, SEVEN)


def own_corpus(corpus):
    """A German table beside the videos, with a typo, a missing file, and a video that it does not list."""
    rows = ["s1/anger/s1anger.mp4;Ann;w\u00fctend;31;x", "s1/neutral/s1neutral.mp4;Ann;Freude;31;y"]
    rows += ["s2/anger/s2anger.mp4;Ben;Freuda;40;", "s2/anger/gone.mp4;Ben;Freude;40;"]
    (corpus / "Liste.csv").write_text("\n".join(["Datei;Person;Emotion;Alter;Status", *rows]), "cp1252")
    return corpus


def test_prepare_corpus_of_a_table_says_what_was_taken_for_what(corpus, tmp_path):
    dataset, reported = prepare(own_corpus(corpus), tmp_path / "dataset")
    *found, disk = [each.message for each in reported if each.message]
    assert disk.startswith("Disk: about ")
    assert found == [
        "Recognised the corpus csv: Liste.csv has the columns Datei and Emotion",
        "Table Liste.csv: path is Datei, label is Emotion, subject is Person; further columns: Alter, Status",
        "Liste.csv is not UTF-8: read as cp1252 (Western European); "
        "if names look wrong, save it as CSV UTF-8",
        "Labels taken for classes: 'w\u00fctend' is Anger (1), 'Freude' is Happiness (1)",
        "Columns of people: Alter",
    ]
    assert dict(zip(dataset.videos["path"], dataset.videos["reason"], strict=True)) == {
        "s1/anger/s1anger.mp4": "",
        "s1/neutral/s1neutral.mp4": "",
        "s2/anger/gone.mp4": f"there is no file {corpus}/s2/anger/gone.mp4; the folder {corpus}/s2/anger has "
        "no gone.mp4",
        "s2/neutral/s2neutral.mp4": "no row in Liste.csv",
        "s2/anger/s2anger.mp4": "'Freuda' in line 4: did you mean Happiness?",
    }
    assert dataset.videos["Alter"].tolist() == ["31", "31", "40", "", "40"]
    assert dataset.videos["table_Status"].tolist()[:2] == ["x", "y"]
    assert dataset.subjects.to_dict("records") == [{"subject": "Ann", "Alter": "31"}]


@pytest.mark.parametrize(
    ("settings", "names", "emotions"),
    [
        ({"labels": "Freude,rage", "label_map": "w\u00fctend=rage"}, ("Freude", "rage"), ["rage", "Freude"]),
        (
            {"labels": "table", "label_map": {"Freuda": "Freude"}},
            ("w\u00fctend", "Freude"),
            ["w\u00fctend", "Freude", "Freude"],
        ),
        (
            {"labels": ["Ann", "Ben"], "columns": {"label": "Person", "subject": "Alter"}},
            ("Ann", "Ben"),
            ["Ann", "Ann", "Ben"],
        ),
    ],
)
def test_prepare_corpus_has_the_classes_of_the_user(corpus, tmp_path, settings, names, emotions):
    dataset, _ = prepare(own_corpus(corpus), tmp_path / "dataset", **settings)
    assert dataset.labels.names == names
    assert dataset.pairs.drop_duplicates("video")["emotion"].tolist() == emotions
    assert dataset.pairs["code"].tolist() == [names.index(name) for name in dataset.pairs["emotion"]]


def test_prepare_corpus_keeps_the_further_columns_of_rows_that_are_left_out(corpus, tmp_path):
    used, twice = "s1/anger/s1anger.mp4", "s2/anger/s2anger.mp4"
    rows = {
        f"{used};Ana;Wut;31;": "",
        f"{used};Ana;Wut;32;": "a second row for the same video, after line 2",
        "s1/neutral/s1neutral.mp4;Ana;Freuda;33;": "'Freuda' in line 4: did you mean Happiness?",
        f"{twice};Mar\u00eda;Freude;34;": "lines 5 and 6 give this video two labels: Freude, Wut",
        f"{twice};Mar\u00eda;Wut;35;": "lines 5 and 6 give this video two labels: Freude, Wut",
        f"{twice};Mar\u00eda;Wut;36;x": "start_seconds is 'x', not a number of seconds",
        "gone.mp4;Mar\u00eda;Wut;37;": "there is no file",
        "s2/neutral/s2neutral.mp4;Mar\u00eda;aburrimiento;38;": "aburrimiento is not one of Anger, Disgust, ",
    }
    table = "\n".join(["Datei;Person;Emotion;Alter;start_seconds", *rows])
    (corpus / "Liste.csv").write_text(table, "utf-8")
    dataset, _ = prepare(corpus, tmp_path / "dataset")
    videos = dataset.videos.set_index("Alter")
    assert videos.index.is_unique
    for row, reason in rows.items():
        place, subject, _, age, _ = row.split(";")
        found = videos.loc[age]
        assert (found["path"], found["subject"]) == (place, subject)
        assert found["reason"].startswith(reason)
    assert videos["emotion"][["33", "34", "36", "38"]].tolist() == [
        "Freuda",
        "Happiness",
        "Wut",
        "aburrimiento",
    ]
    assert dataset.counts["subjects"] == 1


def test_prepare_corpus_reads_labels_by_a_pattern_without_a_table(corpus, tmp_path):
    pattern = "{subject}/{label}/{take}"
    dataset, reported = prepare(corpus, tmp_path / "dataset", pattern=pattern, labels="seven")
    assert reported[0].message == f"Recognised the corpus folder: its paths have the pattern {pattern}"
    assert dataset.videos["subject"].tolist() == ["s1", "s1", "s2", "s2"]
    assert dataset.videos["take"].tolist() == ["s1anger", "s1neutral", "s2anger", "s2neutral"]
    with pytest.raises(ConfigError, match="not of ravdess"):
        prepare(corpus, tmp_path / "other", pattern=pattern, corpus="ravdess")


def test_prepare_corpus_reports_what_is_prepared_already(corpus, tmp_path):
    prepare(corpus, tmp_path / "dataset", corpus="folder")
    [clip, _] = (tmp_path / "dataset" / "clips").iterdir()
    clip.unlink()
    _, reported = prepare(corpus, tmp_path / "dataset", corpus="folder")
    assert reported[0].message == "Prepared already: 1 of 2 videos."
    assert reported[1].message.startswith("Disk: about ")
    assert [(each.item, each.done, each.total) for each in reported[2:]] == [(clip.stem, 1, 1)]


@pytest.mark.parametrize(("before", "after"), [("small", ""), ("", "small")])
def test_prepare_corpus_keeps_the_actions_of_a_dataset_that_is_there(corpus, tmp_path, before, after):
    prepare(corpus, tmp_path / "dataset", corpus="folder", actions=before)
    words = f"actions is {before or 'none'}, expected {after or 'none'}.*; name another folder"
    with pytest.raises(DatasetError, match=words):
        prepare(corpus, tmp_path / "dataset", corpus="folder", actions=after)
    prepare(corpus, tmp_path / "dataset", corpus="folder", actions=before)


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


def test_prepare_corpus_without_a_known_label_names_the_guessed_encoding(corpus, tmp_path):
    table = "path,label\ns1/anger/s1anger.mp4,z\u0142o\u015b\u0107\ns2/anger/s2anger.mp4,rado\u015b\u0107\n"
    (corpus / "lista.csv").write_bytes(table.encode("cp1250"))
    with pytest.raises(
        DatasetError, match=r"has no pair: .*lista\.csv is not UTF-8: read as cp1250 \(Central"
    ):
        prepare(corpus / "lista.csv", tmp_path / "dataset")


def test_prepare_corpus_with_nothing_usable_is_an_error_with_the_reasons_by_count(corpus, tmp_path):
    for video in corpus.rglob("*.mp4"):
        video.write_text(video.name)
    (corpus / "s1" / "anger" / "photo.png").write_bytes(b"")
    with pytest.raises(DatasetError) as caught:
        prepare(corpus, tmp_path / "dataset", labels="seven")
    message = str(caught.value)
    assert message.startswith(f"Nothing of the corpus can be used, so {tmp_path / 'dataset'} has no pair: ")
    assert "4 unreadable (Cannot open … as a video: Invalid data found" in message
    assert "1 left_out (a photograph among videos" in message
    assert "\n" not in message
    assert (tmp_path / "dataset" / "videos.csv").is_file()


def test_prepare_corpus_refuses_actions_of_still_images_and_of_a_missing_model(corpus, tmp_path, monkeypatch):
    with pytest.raises(ConfigError, match="photographs have no facial actions; drop actions"):
        prepare(
            fer_table(tmp_path / "fer.csv"), tmp_path / "dataset", corpus="fer2013", actions="face-landmarker"
        )
    monkeypatch.setenv("FERFUSION_ACTIONS_MODEL", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(ConfigError, match="run ferfusion fetch face-landmarker"):
        prepare(corpus, tmp_path / "dataset", actions="face-landmarker")
    assert not (tmp_path / "dataset").exists()


def test_prepare_corpus_with_actions_has_the_same_recipe(corpus, tmp_path, real_data, monkeypatch):
    monkeypatch.setenv("FERFUSION_ACTIONS_MODEL", str(real_data / "models" / "face_landmarker.task"))
    plain, _ = prepare(corpus, tmp_path / "plain")
    dataset, _ = prepare(corpus, tmp_path / "dataset", actions="face-landmarker")
    assert dataset.recipe == plain.recipe
    [clip, *_] = sorted((tmp_path / "dataset" / "clips").glob("*.safetensors"))
    arrays = read_clip(clip)
    assert arrays["actions"].shape == (18, 52)
    assert np.isnan(arrays["actions"]).all()  # a grey square has no face
    _, reported = prepare(corpus, tmp_path / "dataset", actions="face-landmarker")
    assert any("Prepared already: 2 of 2" in str(one) for one in reported)
