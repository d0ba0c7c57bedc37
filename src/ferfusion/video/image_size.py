"""The largest image that is decoded, and the size of an encoded image by its header."""

import re
import struct
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from types import MappingProxyType

from ferfusion.video.boxes import boxes, boxes_inside

MAX_PIXELS = 2**26
"""Pixels of the largest image or frame that is decoded: 8,192 x 8,192.

It is above the 61 megapixels of a full-frame camera and the 33 of an 8K video, and keeps a prediction below
1 GiB of memory.
"""
MAX_JPEG2000_NUMBERS = 3 * MAX_PIXELS
"""Pixels times channels of the largest JPEG 2000 image: a decoder keeps 4 bytes of each."""
MAX_SIDE = 65_500
"""Pixels of the longest side that is decoded, the most that OpenCV writes as JPEG."""
Size = tuple[int, int]
"""Width and height in pixels."""

_SUBFILE_TYPE, _COPY_OR_MASK = 254, 0b101
"""TIFF's tag of a page, and its bits for a smaller copy of another page and for a mask."""
_MOST_ENTRIES = 4096
"""Segments, directory entries or characters in which the size is searched."""
_JP2, _J2K = b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51"
_AVIF_BOXES = frozenset((b"meta", b"iprp", b"ipco", b"moov", b"trak", b"mdia", b"minf", b"stbl"))
_NUMBER = re.compile(rb"(?:\s|#[^\r\n]*[\r\n])*(\d+).", re.DOTALL)
"""A number of a header as OpenCV reads it: a comment ends with its line, and one character ends a number."""
_NO_FRAME_HEADER = frozenset((0xC4, 0xC8, 0xCC))
_TIFF_SIZES = MappingProxyType({256: 0, 322: 0, 257: 1, 323: 1})
"""Width and height of the image and of a tile, which a decoder keeps whole too."""
_TIFF_NUMBERS = MappingProxyType({3: "H", 4: "I", 16: "Q"})


def why_too_large(width: int, height: int) -> str:
    """Return why an image is not decoded; empty if it is small enough.

    >>> why_too_large(7680, 4320)
    ''
    >>> why_too_large(16_000, 16_000)
    '16,000 x 16,000 pixels are more than 67,108,864 (8,192 x 8,192), the most that are read; make it smaller'
    """
    if width * height <= MAX_PIXELS and max(width, height) <= MAX_SIDE:
        return ""
    if width * height <= MAX_PIXELS:
        return (
            f"{width:,} x {height:,} pixels have a side of more than {MAX_SIDE:,}, the most that is read; "
            "make it smaller"
        )
    return (
        f"{width:,} x {height:,} pixels are more than {MAX_PIXELS:,} (8,192 x 8,192), the most that are "
        "read; make it smaller"
    )


def encoded_size(encoded: bytes) -> Size | None:
    """Return the size of an image file by its header; None if it is of no known format or is damaged.

    The formats are AVIF, BMP, GIF, JPEG, JPEG 2000, PBM to PPM, PNG, TIFF and WebP.
    """
    if is_avif(encoded):
        return _avif(encoded)
    for signature, read in _READERS.items():
        if encoded.startswith(signature):
            try:
                return read(encoded)
            except (struct.error, ValueError, LookupError):
                return None
    return None


def is_avif(encoded: bytes) -> bool:
    """Return whether a file says that it is AVIF, as one image or as an animation."""
    if encoded[4:8] != b"ftyp":
        return False
    brands = encoded[8 : min(int.from_bytes(encoded[:4], "big"), _MOST_ENTRIES)]
    return any(brands[at : at + 4] in (b"avif", b"avis") for at in range(0, len(brands), 4))


def _avif(encoded: bytes) -> Size | None:
    """Return the largest width and height of its images and tiles (ISO/IEC 23008-12, section 6.5.3)."""
    file = BytesIO(encoded)
    places = [each.start for each in boxes_inside(file, 0, len(encoded), _AVIF_BOXES) if each.kind == b"ispe"]
    sizes = [struct.unpack_from(">II", encoded, at + 4) for at in places if at + 12 <= len(encoded)]
    return (max(size[0] for size in sizes), max(size[1] for size in sizes)) if sizes else None


def _jp2(encoded: bytes) -> Size:
    """Return the size of the image inside the boxes (ITU-T T.800, section I.5.4)."""
    width, height = _j2k(encoded, _codestream(encoded))
    return width, height


def _codestream(encoded: bytes) -> int:
    """Return where the image of a JPEG 2000 file begins; its other boxes may have any other size."""
    if encoded.startswith(_J2K):
        return 0
    kinds = boxes(BytesIO(encoded), 0, len(encoded))
    at = next((each.start for each in kinds if each.kind == b"jp2c"), len(encoded))
    if not encoded.startswith(_J2K, at):
        raise ValueError("there is no image")
    return at


def _j2k(encoded: bytes, at: int = 0) -> Size:
    """Return the size in the SIZ marker of a raw codestream (ITU-T T.800, section A.5.1)."""
    width, height, left, top = struct.unpack_from(">IIII", encoded, at + 8)
    return width - left, height - top


def why_too_many_channels(encoded: bytes) -> str:
    """Return why a JPEG 2000 image is not decoded, of which the decoder keeps each number in 4 bytes."""
    if not encoded.startswith((_JP2, _J2K)):
        return ""
    try:
        at = _codestream(encoded)
        width, height = _j2k(encoded, at)
        channels = struct.unpack_from(">H", encoded, at + 40)[0]
    except (struct.error, ValueError):
        return ""
    if width * height * channels <= MAX_JPEG2000_NUMBERS:
        return ""
    return (
        f"{width:,} x {height:,} pixels of {channels:,} channels have more than {MAX_JPEG2000_NUMBERS:,} "
        "numbers, the most that are read of JPEG 2000; make it smaller, or save it as .png"
    )


def count_pages(encoded: bytes) -> int:
    """Return the number of pages of a TIFF file, without its smaller copies and masks; 1 of another file."""
    if not encoded.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return 1
    order = "<" if encoded.startswith(b"II") else ">"
    big = struct.unpack_from(f"{order}H", encoded, 2)[0] == 43
    offset, count_form, step = ("Q", "Q", 20) if big else ("I", "H", 12)
    pages, at, seen = 0, 8 if big else 4, set[int]()
    with suppress(struct.error):  # a damaged file is refused by its decoder
        while (start := struct.unpack_from(order + offset, encoded, at)[0]) and start not in seen:
            seen.add(start)
            entries = struct.unpack_from(order + count_form, encoded, start)[0]
            first = start + struct.calcsize(count_form)
            at = first + step * entries
            kinds = (
                struct.unpack_from(f"{order}I", encoded, entry + (12 if big else 8))[0]
                for entry in range(first, min(at, len(encoded)), step)
                if struct.unpack_from(f"{order}H", encoded, entry)[0] == _SUBFILE_TYPE
            )
            pages += not next(kinds, 0) & _COPY_OR_MASK
    return pages


def _bmp(encoded: bytes) -> Size:
    short = struct.unpack_from("<I", encoded, 14)[0] == 12
    width, height = struct.unpack_from("<HH" if short else "<ii", encoded, 18)
    return abs(width), abs(height)  # a negative height means that the first row is the upper one


def _gif(encoded: bytes) -> Size:
    width, height = struct.unpack_from("<HH", encoded, 6)
    return width, height


def _jpeg(encoded: bytes) -> Size:
    """Return the size in the first frame header (ITU-T T.81, section B.2.2)."""
    at = 2
    for _ in range(_MOST_ENTRIES):
        at = encoded.index(0xFF, at)
        marker = encoded[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in _NO_FRAME_HEADER:
            height, width = struct.unpack_from(">HH", encoded, at + 5)
            return width, height
        if marker in (0x00, 0x01, 0xFF) or 0xD0 <= marker <= 0xD8:
            at += 1  # fill bytes, and markers without a segment
        else:
            at += 2 + struct.unpack_from(">H", encoded, at + 2)[0]
    raise ValueError("there is no frame header")


def _pnm(encoded: bytes) -> Size:
    width = _NUMBER.match(encoded, 2, _MOST_ENTRIES)
    height = width and _NUMBER.match(encoded, width.end(), _MOST_ENTRIES)
    if width is None or height is None:
        raise ValueError("there is no size")
    return int(width[1]), int(height[1])


def _png(encoded: bytes) -> Size:
    if encoded[12:16] != b"IHDR":
        raise ValueError("the first chunk is not the header")
    width, height = struct.unpack_from(">II", encoded, 16)
    return width, height


def _tiff(encoded: bytes) -> Size:
    """Return the size of the first image, or that of its tiles if they are larger (TIFF 6.0, BigTIFF)."""
    order = "<" if encoded.startswith(b"II") else ">"
    big = struct.unpack_from(f"{order}H", encoded, 2)[0] == 43
    start = struct.unpack_from(f"{order}{'Q' if big else 'I'}", encoded, 8 if big else 4)[0]
    count = struct.unpack_from(f"{order}{'Q' if big else 'H'}", encoded, start)[0]
    start, step, value = start + (8 if big else 2), 20 if big else 12, 12 if big else 8
    if count > _MOST_ENTRIES:
        raise ValueError("the directory is too large")
    size = [0, 0]
    for entry in range(start, start + count * step, step):
        tag, kind = struct.unpack_from(f"{order}HH", encoded, entry)
        if tag in _TIFF_SIZES:
            form = _TIFF_NUMBERS[kind] if big or kind != 16 else ""  # in a small file, 8 bytes are elsewhere
            side = struct.unpack_from(f"{order}{form}", encoded, entry + value)[0]
            size[_TIFF_SIZES[tag]] = max(size[_TIFF_SIZES[tag]], side)
    if not all(size):
        raise ValueError("there is no size")
    return size[0], size[1]


def _webp(encoded: bytes) -> Size:
    """Return the size in the first chunk (WebP container specification; RFC 9649)."""
    kind = encoded[12:16]
    if kind == b"VP8X":
        width, above, height, further = struct.unpack_from("<HBHB", encoded, 24)
        return 1 + width + (above << 16), 1 + height + (further << 16)
    if kind == b"VP8L":
        bits = struct.unpack_from("<I", encoded, 21)[0]
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind != b"VP8 ":
        raise ValueError("there is no image")
    width, height = struct.unpack_from("<HH", encoded, 26)
    return width & 0x3FFF, height & 0x3FFF


_READERS: MappingProxyType[bytes, Callable[[bytes], Size]] = MappingProxyType(
    {
        b"\xff\xd8": _jpeg,
        b"\x89PNG\r\n\x1a\n": _png,
        b"BM": _bmp,
        b"GIF8": _gif,
        b"RIFF": _webp,
        b"II*\0": _tiff,
        b"MM\0*": _tiff,
        b"II+\0": _tiff,
        b"MM\0+": _tiff,
        _JP2: _jp2,
        _J2K: _j2k,
        **{b"P%d" % number: _pnm for number in range(1, 7)},
    }
)
