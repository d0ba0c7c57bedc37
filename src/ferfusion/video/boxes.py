"""Boxes of ISO base media files: MP4, QuickTime, AVIF and JPEG 2000."""

import struct
import zlib
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from typing import BinaryIO, NamedTuple

MOST_SAMPLES = 10_000_000
"""Samples that the index of a file may have: a day of video at 60 frames per second, and its sound."""
_CONTAINERS = frozenset(
    b"moov trak mdia minf stbl edts dinf udta mvex moof traf wave gmhd meta hoov free cmov tref mfra".split()
)
"""Boxes in which FFmpeg looks for others; a ``free`` box that holds a header is read as one."""
_MOST_NESTED = 12
_MOST_BEFORE_HANDLER = 4096
_LARGEST_HEADER = 2**26
_SOUND_FRAME = 160
"""FFmpeg makes an index entry of at least so many samples of uncompressed sound."""


class Box(NamedTuple):
    """A box: its kind, and where its content starts and ends."""

    kind: bytes
    start: int
    end: int


def boxes(file: BinaryIO, start: int, end: int) -> Iterator[Box]:
    r"""Yield the boxes of a part of a file, up to the first damaged one (ISO/IEC 14496-12, section 4.2).

    >>> list(boxes(BytesIO(b"\0\0\0\x0cfreeabcd"), 0, 12))
    [Box(kind=b'free', start=8, end=12)]
    """
    while start + 8 <= end:
        file.seek(start)
        head = file.read(16)
        size, kind = struct.unpack_from(">I4s", head) if len(head) >= 8 else (2, b"")
        content = start + 8
        if size == 1 and len(head) == 16:
            size, content = struct.unpack_from(">Q", head, 8)[0], start + 16
        size = size or end - start
        if start + size < content:
            return
        yield Box(kind, content, min(start + size, end))
        start += size


def boxes_inside(
    file: BinaryIO, start: int, end: int, containers: Collection[bytes], *, depth: int = 0
) -> Iterator[Box]:
    """Yield the boxes of a part of a file, and those inside of some kinds of boxes."""
    for box in boxes(file, start, end):
        yield box
        if box.kind in containers and depth < _MOST_NESTED:
            at = box.start + 4 * (box.kind == b"meta")  # its version comes first
            yield from boxes_inside(file, at, box.end, containers, depth=depth + 1)


def count_samples(file: BinaryIO, size: int) -> int:
    """Return the most entries that FFmpeg makes in memory for the index of an MP4; 0 for another file.

    A table may declare any number of samples in a few bytes.

    Args:
        file: The file.
        size: Its bytes.
    """
    whole = _Track()
    return whole.collect(file, 0, size) + whole.samples


@dataclass
class _Track:
    """What the tables of a track declare.

    Attributes:
        sizes: Entries of the table of sizes.
        in_fragments: Samples of its fragments.
        chunks: Its chunks.
        runs: First chunk and samples of each chunk, for each run of even chunks.
        is_pcm: Whether each sample of the tables of times is one tick long, as in uncompressed sound.
        handlers: Its kinds of media.
    """

    sizes: int = 0
    in_fragments: int = 0
    chunks: int = 0
    runs: list[tuple[int, int]] = field(default_factory=list)
    is_pcm: bool = True
    handlers: set[bytes] = field(default_factory=set)

    @property
    def samples(self) -> int:
        if not self.is_pcm or b"soun" not in self.handlers or b"vide" in self.handlers:
            return self.in_fragments + self.sizes
        ends = [first for first, _ in self.runs[1:]] + [self.chunks + 1]
        runs = zip(self.runs, ends, strict=False)
        samples = sum(max(0, end - first) * in_chunk for (first, in_chunk), end in runs)
        return self.in_fragments + samples // _SOUND_FRAME

    def collect(self, file: BinaryIO, start: int, end: int, depth: int = 0) -> int:
        """Read the tables of a part of a file; return the samples of the tracks inside."""
        inside = 0
        for kind, at, until in boxes(file, start, end):
            if kind in _CONTAINERS and depth < _MOST_NESTED:
                track = _Track() if kind == b"trak" else self
                first = at + (_before_handler(file, at) if kind == b"meta" else 0)
                inside += track.collect(file, first, until, depth + 1)
                inside += track.samples if kind == b"trak" else 0
            elif kind == b"cmvd":
                file.seek(at + 4)
                with suppress(zlib.error):
                    header = zlib.decompressobj().decompress(file.read(until - at - 4), _LARGEST_HEADER)
                    inside += self.collect(BytesIO(header), 0, len(header), depth + 1)
            elif kind in _TABLES:
                file.seek(at)
                self._read(kind, file)
        return inside

    def _read(self, kind: bytes, file: BinaryIO) -> None:
        """Read a table; FFmpeg reads what it declares, also after the end of its box."""
        head = file.read(12)
        head += bytes(12 - len(head))
        first, second = struct.unpack_from(">II", head, 4)
        file.seek(-4, 1)
        if kind == b"hdlr":
            self.handlers.add(head[8:12])
        elif kind in (b"stsz", b"stz2"):
            listed = 2 * _bytes_left(file) if kind == b"stz2" else _bytes_left(file) // 4
            self.sizes += min(second, listed) if kind == b"stz2" or not first else second
        elif kind == b"trun":
            self.in_fragments += first
        elif kind == b"stts":
            self.is_pcm = self.is_pcm and first == 1 and file.read(8)[4:8] == b"\0\0\0\1"
        elif kind == b"stsc":
            runs = file.read(12 * min(first, MOST_SAMPLES))
            self.runs += [run[:2] for run in struct.iter_unpack(">III", runs[: len(runs) // 12 * 12])]
        else:
            self.chunks += min(first, _bytes_left(file))


_TABLES = frozenset(b"hdlr stsz stz2 trun stts stsc stco co64".split())


def _before_handler(file: BinaryIO, at: int) -> int:
    """Return the bytes of a ``meta`` box before its first box, which QuickTime has not and MP4 has."""
    file.seek(at)
    return max(0, file.read(_MOST_BEFORE_HANDLER).find(b"hdlr") - 4)


def _bytes_left(file: BinaryIO) -> int:
    here = file.tell()
    left = file.seek(0, 2) - here
    file.seek(here)
    return max(0, left)
