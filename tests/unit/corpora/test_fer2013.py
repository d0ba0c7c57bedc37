from pathlib import Path

import cv2
import numpy as np
import pytest

from ferfusion.corpora.fer2013 import list_fer2013
from ferfusion.corpora.recognise import recognise
from ferfusion.errors import CorpusError
from helpers.corpora import left_out_of, write_text
from helpers.stills import (
    VOTES_HEADER,
    fer_folders,
    fer_table,
    noise_image,
    table_row,
    write_fer_table,
    write_images,
    zipped,
)


def rows_of(listing):
    return [(still.image_id, still.emotion, still.part) for still in listing.stills]


def pixels_of(still):
    return cv2.imdecode(np.frombuffer(still.encoded, np.uint8), cv2.IMREAD_UNCHANGED)


def test_list_fer2013_reads_labels_parts_pixels_and_votes_of_a_table(tmp_path: Path) -> None:
    rows = [
        table_row(0, noise_image(1), "Training"),
        table_row(6, noise_image(2), "PublicTest"),
        table_row(5, noise_image(3), "PrivateTest"),
    ]
    votes = [
        "Training,fer0000000.png,4,0,0,1,3,2,0,0,0,0",
        "PublicTest,,10,0,0,0,0,0,0,0,0,0",
        "PrivateTest,fer0000002.png,0,1,9,0,0,0,0,0,0,0",
    ]
    listing = list_fer2013(write_fer_table(tmp_path, rows, votes))
    assert rows_of(listing) == [
        ("train-00000", "Anger", "train"),
        ("validation-00001", "Neutral", "validation"),
        ("test-00002", "Surprise", "test"),
    ]
    assert listing.stills[0].votes == (4, 0, 0, 1, 3, 2, 0, 0, 0, 0)
    assert listing.stills[2].votes == (0, 1, 9, 0, 0, 0, 0, 0, 0, 0)
    for seed, still in enumerate(listing.stills, start=1):
        assert np.array_equal(pixels_of(still), noise_image(seed))


def test_list_fer2013_accepts_white_space_around_column_names(tmp_path: Path) -> None:
    text = f"emotion, Usage, pixels\n3,Training,{' '.join(['7'] * 48**2)}\n"
    (still,) = list_fer2013(write_text(tmp_path, "fer2013.csv", text)).stills
    assert (still.emotion, still.part, still.votes) == ("Happiness", "train", None)
    assert (pixels_of(still) == 7).all()


def test_list_fer2013_leaves_out_damaged_rows(tmp_path: Path) -> None:
    rows = [
        table_row(9, noise_image(1), "Training"),
        table_row(1, noise_image(2), "Elsewhere"),
        table_row(1, noise_image(3)[:40], "Training"),
        table_row("", noise_image(4), "Training"),
        table_row(1, noise_image(5), "Training"),
    ]
    listing = list_fer2013(write_fer_table(tmp_path, rows))
    assert rows_of(listing) == [("train-00004", "Disgust", "train")]
    reason = "not a row of emotion 0 to 6, 2304 pixels and a usage"
    assert left_out_of(listing) == {f"fer2013.csv: row {place}": reason for place in range(4)}


def test_list_fer2013_leaves_out_pixels_that_are_no_grey_values(tmp_path: Path) -> None:
    good = table_row(1, noise_image(5), "Training")
    bad = [f"1,{' '.join([value] * 48**2)},Training" for value in ("256", "-1", "grey")]
    assert len(list_fer2013(write_fer_table(tmp_path, [*bad, good])).left_out) == 3


def test_list_fer2013_refuses_votes_of_other_images(tmp_path: Path) -> None:
    rows = [table_row(1, noise_image(place), "Training") for place in range(2)]
    write_fer_table(tmp_path, rows, ["Training,a.png,4,0,0,1,3,2,0,0,0,0"])
    with pytest.raises(CorpusError, match=r"1 row and fer2013\.csv has 2"):
        list_fer2013(tmp_path)


def test_list_fer2013_refuses_votes_that_are_no_numbers(tmp_path: Path) -> None:
    rows = [table_row(1, noise_image(1), "Training")]
    write_fer_table(tmp_path, rows, ["Training,a.png,4,0,0,1,many,2,0,0,0,0"])
    with pytest.raises(CorpusError, match="whole numbers"):
        list_fer2013(tmp_path)


def test_list_fer2013_reads_folders_and_their_zip_file_alike(tmp_path: Path) -> None:
    root = fer_folders(tmp_path / "fer2013")
    write_text(root, "notes.txt", "hello")
    votes = "train/angry/00000.png,4,0,0,1,3,2,0,0,0,0"
    write_text(root, "votes.csv", f"{VOTES_HEADER}\n{votes}\n")
    folder, archive = list_fer2013(root), list_fer2013(zipped(root, tmp_path / "fer.zip"))
    assert len(folder.stills) == 28
    assert rows_of(folder) == rows_of(archive)
    assert [still.encoded for still in folder.stills] == [still.encoded for still in archive.stills]
    first = folder.stills[0]
    assert (first.image_id, first.place) == ("train-angry-00000", "train/angry/00000.png")
    assert first.votes == archive.stills[0].votes == (4, 0, 0, 1, 3, 2, 0, 0, 0, 0)
    assert folder.stills[1].votes is None
    semicolons = f"{VOTES_HEADER};note\nTrain{votes[5:]};\n".replace(",", ";").replace("/", "\\")
    (root / "votes.csv").write_bytes(semicolons.encode("utf-16"))
    assert [still.votes for still in list_fer2013(root).stills] == [still.votes for still in folder.stills]
    assert left_out_of(folder) == {"notes.txt": "not an image at <part>/<emotion>/<image>"}


@pytest.mark.parametrize("make", [fer_table, fer_folders])
def test_recognise_finds_fer2013_in_a_folder_and_in_a_zip_file(tmp_path: Path, make) -> None:
    root = make(tmp_path / "corpus")
    assert recognise(root).corpus == "fer2013"
    assert recognise(zipped(root, tmp_path / "corpus.zip")).corpus == "fer2013"


def test_list_fer2013_refuses_other_folders_in_one_line(tmp_path: Path) -> None:
    empty, text = tmp_path / "empty", tmp_path / "text.zip"
    empty.mkdir()
    text.write_text("no zip file")
    for root, message in (
        (empty, "Nothing of the corpus fer2013"),
        (tmp_path / "missing", "There is no folder"),
        (text, "neither a folder nor a zip file"),
    ):
        with pytest.raises(CorpusError, match=message) as caught:
            list_fer2013(root)
        assert str(root) in str(caught.value)
        assert "\n" not in str(caught.value)


def test_list_fer2013_leaves_out_other_images(tmp_path: Path) -> None:
    write_images(tmp_path, {"train/happy/1.png": noise_image(1), "train/contempt/2.png": noise_image(2)})
    listing = list_fer2013(tmp_path)
    assert rows_of(listing) == [("train-happy-1", "Happiness", "train")]
    assert list(left_out_of(listing)) == ["train/contempt/2.png"]
