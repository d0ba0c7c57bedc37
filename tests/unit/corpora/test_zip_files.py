import io
import warnings
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from ferfusion.corpora.fer2013 import list_fer2013
from ferfusion.corpora.zip_files import MOST_BYTES, zip_members
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


@pytest.mark.parametrize("stated", [400 * 2**20, 2**32 - 2])
def test_zip_members_leave_out_a_member_that_is_too_large_by_the_directory(tmp_path, stated):
    """Deflate makes a thousandth of zeros: 3 MB would become gigabytes."""
    content = archive_bytes(*NAMES)
    at = at_last_member(content, 24)
    content[at : at + 4] = stated.to_bytes(4, "little")
    (tmp_path / "a.zip").write_bytes(content)
    left_out = left_out_of(list_fer2013(tmp_path / "a.zip"))
    assert left_out == {
        "train/sad/2.png": f"it has {stated:,} bytes when it is unpacked; a zip file may have {MOST_BYTES:,}"
    }


def test_zip_members_read_no_more_than_a_member_states(tmp_path):
    content = archive_bytes(*NAMES)
    at = at_last_member(content, 24)
    content[at : at + 4] = (8).to_bytes(4, "little")
    (tmp_path / "a.zip").write_bytes(content)
    reason = left_out_of(list_fer2013(tmp_path / "a.zip"))["train/sad/2.png"]
    assert reason.startswith("it is damaged (Bad CRC-32")


def test_zip_members_leave_out_a_member_without_a_name(tmp_path):
    content = archive_bytes(*NAMES, "x")
    for entry, offset in ((content.rfind(b"PK\x03\x04"), 26), (content.rfind(b"PK\x01\x02"), 28)):
        content[entry + offset] = 0
        del content[content.index(b"x", entry)]
    end = content.rfind(b"PK\x05\x06")
    for offset, change in ((12, -1), (16, -1)):
        at = slice(end + offset, end + offset + 4)
        content[at] = (int.from_bytes(content[at], "little") + change).to_bytes(4, "little")
    (tmp_path / "a.zip").write_bytes(content)
    assert left_out_of(list_fer2013(tmp_path / "a.zip")) == {"": "not an image at <part>/<emotion>/<image>"}
