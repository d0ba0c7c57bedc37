"""Photographs in six formats, predicted beside an intact one and prepared as a corpus."""

import struct
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random

import cv2
from PIL import Image

from ferfusion.errors import VideoError
from ferfusion.inference.predict_jobs import make_jobs
from ferfusion.inference.predict_many import Unreadable, predict_each
from ferfusion.video.image_size import MAX_PIXELS, encoded_size
from fuzz.kind import Kind, check, check_probabilities
from fuzz.mutations import Field, cut_or_repeated, mutated_bytes, mutated_number, mutated_range
from fuzz.videos import predict_beside
from helpers.photographs import whole_image_predictor
from helpers.videos import textured

_NEIGHBOUR = "neighbour.png"
_SIGNATURE = 8
"""Bytes of a PNG before its first chunk."""
_OTHER_CHUNKS = (b"acTL", b"iCCP", b"eXIf", b"gAMA", b"tRNS", b"PLTE", b"zTXt", b"cHRM", b"IHDR")
Fields = Callable[[bytes], list[Field]]


def _write(folder: Path, *, place: str) -> None:
    image = textured(24, 40)
    exif = Image.Exif()
    exif[0x0112] = 6
    grey = Path(place).suffix == ".pgm"
    Image.fromarray(image[..., 0] if grey else image).save(folder / place, exif=exif)
    assert cv2.imwrite(str(folder / _NEIGHBOUR), image)
    predict_beside(folder, folder / _NEIGHBOUR)


def read_photograph(path: Path) -> None:
    """Predict a photograph and its neighbour, and write both."""
    predictor, out = whole_image_predictor(), path.parent / "out"
    mutant, intact = predict_each(make_jobs([path, path.parent / _NEIGHBOUR], out=out), predictor, out=out)
    check(not isinstance(intact.outcome, Unreadable), "the neighbour is not read")
    columns = list(predictor.info.labels.probability_columns)
    [table] = out.glob("*/photographs.csv")
    rows = [line for line in table.read_text().splitlines() if line.startswith(_NEIGHBOUR)]
    expected = (path.parent / "neighbour.csv").read_text().splitlines()[1:]
    check(rows == expected, f"the neighbour changed: {rows}, {expected}")
    if isinstance(mutant.outcome, Unreadable):
        raise VideoError(mutant.outcome.reason)
    check_probabilities(mutant.outcome.table[columns])


def _mutate(content: bytes, random: Random, *, fields: Fields, payload: Callable[[bytes], range]) -> bytes:
    """Mutate numbers of the header, encoded pixels, the length, or any bytes."""
    match random.randrange(10):
        case 0:
            return mutated_bytes(content, random)
        case 1:
            return cut_or_repeated(content, random)
        case 2 | 3 | 4 | 5:
            return mutated_range(content, payload(content), random)
        case _:
            numbers = fields(content)
            for _ in range(random.choice((1, 1, 3))):
                content = mutated_number(content, random.choice(numbers), random)
            return content


def mutated_png(content: bytes, random: Random) -> bytes:
    """Mutate the chunks of a PNG, its filtered pixels, or any bytes; the checksums fit the chunks."""
    if random.randrange(8) == 0:
        return mutated_bytes(content, random)
    chunks = list(_chunks(content))
    place = random.randrange(len(chunks))
    kind, body = chunks[place]
    match random.randrange(6):
        case 0:
            header = random.randrange(13)
            size = min(4, 8 - header) if header < 8 else 1
            chunks[0] = (b"IHDR", mutated_number(chunks[0][1], (header, size, "big"), random))
        case 1:
            pixels = next(number for number, (name, _) in enumerate(chunks) if name == b"IDAT")
            filtered = mutated_bytes(zlib.decompress(chunks[pixels][1]), random)
            chunks[pixels] = (b"IDAT", zlib.compress(filtered))
        case 2:
            chunks[place] = (kind, mutated_bytes(body, random) if body else random.randbytes(9))
        case 3:
            del chunks[place]
        case 4:
            name = random.choice(
                (b"acTL", b"iCCP", b"eXIf", b"gAMA", b"tRNS", b"PLTE", b"zTXt", b"cHRM", b"IHDR")
            )
            chunks.insert(place, (name, random.randbytes(random.choice((0, 1, 9, 700)))))
        case _:
            chunks.insert(random.randrange(len(chunks) + 1), chunks[place])
    packed = [
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    ]
    return content[:_SIGNATURE] + b"".join(packed)


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = _SIGNATURE
    while at < len(content):
        size = int.from_bytes(content[at : at + 4], "big")
        yield content[at + 4 : at + 8], content[at + 8 : at + 8 + size]
        at += 12 + size


def _of_jpeg(content: bytes) -> list[Field]:
    """Return the bytes and the words of all segments before the pixels."""
    return [(byte, size, "big") for byte in range(3, content.index(b"\xff\xda") + 12) for size in (1, 2)]


def _after_jpeg_header(content: bytes) -> range:
    return range(content.index(b"\xff\xda") + 12, len(content) - 2)


def _of_tiff(content: bytes) -> list[Field]:
    """Return the numbers of all entries of the first directory."""
    start = int.from_bytes(content[4:8], "little")
    count = int.from_bytes(content[start : start + 2], "little")
    entries = range(start + 2, start + 2 + 12 * count, 12)
    forms = ((0, 2), (2, 2), (4, 4), (8, 2), (8, 4))
    return [(entry + at, size, "little") for entry in entries for at, size in forms]


def _first(count: int, size: int, start: int = 0) -> Fields:
    return lambda content: [(byte, size, "little") for byte in range(start, min(count, len(content)), size)]


def _from(start: int) -> Callable[[bytes], range]:
    return lambda content: range(start, len(content))


def _of_pgm(content: bytes) -> list[Field]:
    """Return the digits of the header."""
    return [(byte, 1, "little") for byte in range(2, content.index(b"\n255") + 5)]


def is_image_header(content: bytes, message: str) -> bool:
    """Return whether the header gives a size that is decoded."""
    del message
    size = encoded_size(content)
    return size is not None and 0 < size[0] * size[1] <= MAX_PIXELS


def _kind(suffix: str, mutate: Callable[[bytes, Random], bytes]) -> Kind:
    place = f"mutant{suffix}"
    return Kind(
        place,
        partial(_write, place=place),
        mutate,
        read_photograph,
        is_image_header,
        space_bytes=3 * 2**30,
    )


KINDS = (
    _kind(".png", mutated_png),
    _kind(".jpg", partial(_mutate, fields=_of_jpeg, payload=_after_jpeg_header)),
    _kind(".tif", partial(_mutate, fields=_of_tiff, payload=_from(8))),
    _kind(".webp", partial(_mutate, fields=_first(40, 2, 12), payload=_from(30))),
    _kind(".bmp", partial(_mutate, fields=_first(54, 2, 10), payload=_from(54))),
    _kind(".pgm", partial(_mutate, fields=_of_pgm, payload=_from(13))),
)
