"""Inputs that other people really have: each is one file, and none may stop the files beside it."""

import os
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

import av

from helpers.videos import damage, numbered, shorten, write_tone, write_video


def name_not_utf8(folder: Path) -> Path:
    """A good video whose name is in Latin-1."""
    return write_video(folder / "odd.mp4", numbered(5)).rename(folder / os.fsdecode(b"caf\xe9.mp4"))


def tag_not_utf8(folder: Path) -> Path:
    """A good video whose title is in Latin-1."""
    plain = write_video(folder / "odd.avi", numbered(5), codec="mpeg4")
    with av.open(str(plain)) as source, av.open(str(folder / "title.avi"), "w") as target:
        target.metadata["title"] = "Zoe's"
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    plain.unlink()
    return replace_bytes(folder / "title.avi", b"Zoe's", b"Zo\xebs\0")


def unknown_codec(folder: Path) -> Path:
    """A video track of a codec that nobody knows."""
    return replace_bytes(write_video(folder / "odd.mp4", numbered(5)), b"avc1", b"zzzz")


def size_that_changes(folder: Path) -> Path:
    """A recording whose frames are 96x64, and then 64x48."""
    parts = [
        write_video(folder / f"{height}.ts", numbered(5, height=height, width=width))
        for width, height in ((96, 64), (64, 48))
    ]
    path = folder / "odd.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    for part in parts:
        part.unlink()
    return path


def narrow(folder: Path) -> Path:
    """A video too narrow for the words that are drawn into it."""
    return write_video(folder / "odd.mp4", numbered(5, height=32, width=24))


def nothing_decodable(folder: Path) -> Path:
    """A video of which every packet is damaged."""
    path = write_video(folder / "odd.mp4", numbered(5), every_frame_alone=True)
    return damage(path, range(5))


def cut_short(folder: Path) -> Path:
    """A file without the part that says where the frames are."""
    return shorten(write_video(folder / "odd.mp4", numbered(5)), keep=0.3)


def text(folder: Path) -> Path:
    """A diary."""
    path = folder / "odd.mp4"
    path.write_text("dear diary", encoding="utf-8")
    return path


def empty(folder: Path) -> Path:
    """A file of no bytes."""
    path = folder / "odd.webm"
    path.touch()
    return path


def only_sound(folder: Path) -> Path:
    """A video file without a video track."""
    return write_tone(folder / "odd.mp4", seconds=0.1)


def broken_link(folder: Path) -> Path:
    """A link to a video that is gone."""
    path = folder / "odd.mp4"
    path.symlink_to(folder / "gone.mp4")
    return path


def replace_bytes(path: Path, old: bytes, new: bytes) -> Path:
    """Replace bytes wherever they are in a file."""
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new))
    return path


ODDITIES: MappingProxyType[str, tuple[Callable[[Path], Path], bool]] = MappingProxyType(
    {
        "name not UTF-8": (name_not_utf8, True),
        "tag not UTF-8": (tag_not_utf8, True),
        "unknown codec": (unknown_codec, False),
        "size that changes": (size_that_changes, True),
        "narrow": (narrow, True),
        "nothing decodable": (nothing_decodable, False),
        "cut short": (cut_short, False),
        "text": (text, False),
        "empty": (empty, False),
        "only sound": (only_sound, False),
        "broken link": (broken_link, False),
    }
)
"""Each writes its file into a folder; and whether the file can be read."""
