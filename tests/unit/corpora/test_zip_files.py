import io
import warnings
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from ferfusion.corpora.fer2013 import list_fer2013
from ferfusion.corpora.zip_files import zip_members
from ferfusion.errors import CorpusError
from helpers.corpora import left_out_of

NAMES = ("train/happy/1.png", "train/happy/1.jpg", "a/train/happy/1.png", "train/sad/2.png")


def archive_bytes(*names: str) -> bytearray:
    memory = io.BytesIO()
    with ZipFile(memory, "w", ZIP_DEFLATED) as archive:
        for name in names:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about a name that comes twice
                archive.writestr(name, f"content of {name} " * 9)
    return bytearray(memory.getvalue())


def at_last_member(content: bytearray, offset: int) -> int:
    """A place in the directory's entry of the last member."""
    return content.rfind(b"PK\x01\x02") + offset


@pytest.mark.parametrize(
    ("offset", "value", "reason"),
    [
        (16, 0, "it is damaged (Bad CRC-32"),
        (8, 1, "it is encrypted"),
        (10, 99, "it is damaged (That compression method is not supported"),
        (42, 3, "it is damaged (Bad magic number"),
    ],
)
def test_zip_members_leave_one_damaged_member_out(tmp_path, offset, value, reason):
    content = archive_bytes(*NAMES)
    content[at_last_member(content, offset)] = value
    (tmp_path / "a.zip").write_bytes(content)
    listing = list_fer2013(tmp_path / "a.zip")
    assert [still.place for still in listing.stills] == sorted(NAMES[:3])
    left_out = left_out_of(listing)
    assert list(left_out) == ["train/sad/2.png"]
    assert left_out["train/sad/2.png"].startswith(reason)


def test_zip_members_leave_out_names_that_lead_out_and_that_come_twice(tmp_path):
    content = archive_bytes(*NAMES, "../train/happy/3.png", "/train/happy/4.png", NAMES[0])
    (tmp_path / "a.zip").write_bytes(content)
    listing = list_fer2013(tmp_path / "a.zip")
    assert [still.image_id for still in listing.stills] == [
        "train-happy-1",
        "train-happy-1-2",
        "train-happy-1-3",
        "train-sad-2",
    ]
    assert left_out_of(listing) == {
        "../train/happy/3.png": "its name leads out of the zip file",
        "/train/happy/4.png": "its name leads out of the zip file",
        f"{NAMES[0]}: copy 2": "not an image at <part>/<emotion>/<image>",
    }


@pytest.mark.parametrize("place", [-10, -4])
def test_zip_members_refuse_a_damaged_directory_in_one_line(tmp_path, place):
    content = archive_bytes(*NAMES)
    content[content.rfind(b"PK\x01\x02") + 6] = 200  # the version that is needed to read it
    (tmp_path / "a.zip").write_bytes(content if place == -10 else content[:-30])
    with pytest.raises(CorpusError, match="neither a folder nor a zip file that can be read"):
        zip_members(tmp_path / "a.zip")
