import struct
import zlib
from io import BytesIO

import pytest

from ferfusion.video.boxes import Box, boxes, count_samples
from helpers.videos import numbered, write_tone, write_video


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def count(content: bytes) -> int:
    return count_samples(BytesIO(content), len(content))


def table(kind: bytes, *numbers: int) -> bytes:
    return box(kind, struct.pack(f">{1 + len(numbers)}I", 0, *numbers))


SIZES = table(b"stsz", 1, 60_000_000)
"""A table of 60,000,000 samples of one byte."""
MOVIE = box(b"moov", box(b"mvhd", bytes(100)) + box(b"trak", box(b"mdia", SIZES)))
PACKED = box(b"cmvd", struct.pack(">I", len(MOVIE)) + zlib.compress(MOVIE))


def test_boxes_of_every_form_of_size():
    content = box(b"free", b"ab") + struct.pack(">I4sQ", 1, b"wide", 18) + b"cd" + b"\0\0\0\0mdatef"
    expected = [Box(b"free", 8, 10), Box(b"wide", 26, 28), Box(b"mdat", 36, 38)]
    assert list(boxes(BytesIO(content), 0, len(content))) == expected
    damaged = content + struct.pack(">I4s", 7, b"free")
    assert list(boxes(BytesIO(damaged), 0, 28)) == expected[:2]
    assert list(boxes(BytesIO(b"\0\0\0\7free"), 0, 8)) == []


@pytest.mark.parametrize(
    ("content", "samples"),
    [
        (MOVIE, 60_000_000),
        (MOVIE + MOVIE, 120_000_000),
        (b"\0\0\0\0" + MOVIE[4:], 60_000_000),
        (box(b"free", MOVIE[8:]), 60_000_000),  # which FFmpeg reads as moov
        (box(b"moov", box(b"cmov", PACKED)), 60_000_000),
        (box(b"meta", bytes(4) + box(b"hdlr", bytes(24)) + MOVIE), 60_000_000),
        (box(b"moof", box(b"traf", table(b"trun", 5) + table(b"trun", 7))), 12),
        (table(b"stsz", 0, 60_000_000) + bytes(36), 10),  # as many sizes as the file has
        (box(b"moov", box(b"cmov", PACKED[:-40])), 0),
        (table(b"stz2", 4, 60_000_000) + bytes(36), 80),
        (b"", 0),
        (b"RIFF" * 10, 0),
    ],
)
def test_count_samples_by_the_tables(content, samples):
    assert count(content) == samples


def test_count_samples_of_uncompressed_sound_are_those_of_its_chunks():
    handler = box(b"hdlr", b"\0\0\0\0mhlrsoun")
    times, chunks = table(b"stts", 1, 48_000, 1), table(b"stco", 2, 0, 0)
    sound = handler + times + SIZES + chunks + table(b"stsc", 2, 1, 1600, 1, 2, 3200, 1)
    assert count(box(b"trak", sound)) == (1600 + 3200) // 160
    assert count(box(b"trak", sound + handler.replace(b"soun", b"vide"))) == 60_000_000


def test_count_samples_of_real_files(tmp_path):
    plain = write_video(tmp_path / "a.mp4", numbered(9))
    with plain.open("rb") as file:
        assert count_samples(file, plain.stat().st_size) == 9
    tone = write_tone(tmp_path / "a.mov", seconds=1.0, codec="pcm_s16le")
    with tone.open("rb") as file:
        assert count_samples(file, tone.stat().st_size) <= 48_000 // 160 + 1
