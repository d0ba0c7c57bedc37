from pathlib import Path

import pytest

from ferfusion.corpora import fer2013
from ferfusion.corpora.catalogue import CORPORA
from ferfusion.corpora.recognise import SIGNS, Recognition, recognise
from ferfusion.errors import CorpusError
from helpers.corpora import write_files, write_text
from helpers.corpus_trees import TREES, write_baum1, write_csv, write_folder, write_ravdess, write_savee
from helpers.stills import noise_image, write_images

OF_ONE_TREE = {"baum1a": "baum1", "baum1s": "baum1", **{f"dfew{fold}": "dfew" for fold in range(2, 6)}}


@pytest.mark.parametrize("name", CORPORA)
def test_recognise_finds_every_corpus_by_its_tree(tmp_path: Path, name: str) -> None:
    assert recognise(TREES[name](tmp_path)).corpus == OF_ONE_TREE.get(name, name)


def test_recognise_gives_its_evidence_in_one_sentence(tmp_path: Path) -> None:
    assert recognise(write_ravdess(tmp_path)) == Recognition(
        "ravdess", "it holds Actor_02/01-01-05-01-02-02-03.mp4"
    )


def test_recognise_finds_one_subset_of_baum1(tmp_path: Path) -> None:
    write_baum1(tmp_path)
    (tmp_path / "Annotations_BAUM1a.xlsx").unlink()
    assert recognise(tmp_path) == Recognition("baum1s", "it holds Annotations_BAUM1s.xlsx")


def test_recognise_prefers_a_table_to_folders(tmp_path: Path) -> None:
    write_folder(tmp_path)
    assert recognise(tmp_path).evidence == "its folders are named after emotions, as in s1/Sad/b.avi"
    write_csv(tmp_path)
    expected = Recognition("csv", "table.csv has the columns path and label")
    assert recognise(tmp_path) == expected
    assert recognise(tmp_path / "table.csv") == expected


def test_recognise_refuses_two_corpora_in_one_folder(tmp_path: Path) -> None:
    write_ravdess(tmp_path)
    write_savee(tmp_path)
    with pytest.raises(CorpusError, match=r"more than one corpus \(ravdess: Actor_02/.*; savee: AudioData/"):
        recognise(tmp_path)


def test_recognise_names_what_was_expected_in_an_unknown_folder(tmp_path: Path) -> None:
    write_files(tmp_path, "monday/a.mp4", "notes.csv")
    with pytest.raises(CorpusError) as caught:
        recognise(tmp_path)
    assert all(name in str(caught.value) for name in (*SIGNS, "path,label,subject", "named after emotions"))
    assert "\n" not in str(caught.value)
    with pytest.raises(CorpusError, match="There is no folder"):
        recognise(tmp_path / "nowhere")


def test_recognise_refuses_a_video_file(tmp_path: Path) -> None:
    write_text(tmp_path, "film.mp4", "")
    with pytest.raises(CorpusError, match=r"film\.mp4 is one file; name the folder of a corpus, or a table"):
        recognise(tmp_path / "film.mp4")


def test_recognise_knows_photographs_in_folders_named_after_emotions(tmp_path: Path) -> None:
    write_files(tmp_path, "ann/joy/1.jpg")
    found = recognise(tmp_path)
    assert (found.corpus, found.evidence) == (
        "folder",
        "its folders are named after emotions, as in ann/joy/1.jpg",
    )


def test_recognise_takes_folders_named_like_those_of_fer2013_for_folders_of_emotions(tmp_path: Path) -> None:
    write_files(tmp_path, "train/happy/x.jpg", "train/sad/y.jpg", "test/happy/z.jpg")
    assert recognise(tmp_path).corpus == "folder"


def test_recognise_knows_fer2013_by_the_size_of_its_images_or_by_all_of_its_folders(tmp_path: Path) -> None:
    write_images(tmp_path / "few", {"train/happy/00001.png": noise_image(1)})
    assert recognise(tmp_path / "few").corpus == "fer2013"
    places = [f"{part}/{emotion}/1.jpg" for part in ("train", "test") for emotion in fer2013.EMOTIONS]
    assert recognise(write_files(tmp_path / "all", *places)).corpus == "fer2013"
