"""Videos in seven containers, with sound where the container has any, beside an intact one."""

import io
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random

import av
import numpy as np

from ferfusion.errors import VideoError
from ferfusion.inference.predict_jobs import make_jobs
from ferfusion.inference.predict_many import Unreadable, predict_each
from fuzz.kind import Kind, check, check_probabilities, refused_without
from fuzz.mutations import Field, cut_or_repeated, mutated_bytes, mutated_number
from helpers.photographs import whole_image_predictor
from helpers.videos import textured, write_video

_NEIGHBOUR, _FRAMES = "neighbour.mp4", 6
_CODECS = {".webm": "libvpx", ".avi": "mpeg4", ".gif": "gif"}
_FORMATS = {".gif": "rgb8"}
_SOUND = {".mp4": "aac", ".mkv": "aac", ".avi": "libmp3lame", ".ts": "mp2"}
_PARENTS = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"dinf", b"udta")
Fields = Callable[[bytes], list[Field]]


def _write(folder: Path, *, place: str) -> None:
    images = [textured(32, 48, seed=seed) for seed in range(_FRAMES)]
    suffix = Path(place).suffix
    write_video(
        folder / place,
        images,
        codec=_CODECS.get(suffix, "libx264"),
        pix_fmt=_FORMATS.get(suffix, "yuv420p"),
        sound_seconds=0.24 if suffix in _SOUND else None,
        sound_codec=_SOUND.get(suffix, "aac"),
    )
    predict_beside(folder, write_video(folder / _NEIGHBOUR, images[:3]))


def predict_beside(folder: Path, neighbour: Path) -> None:
    """Predict an intact neighbour alone, and keep its frame table for comparison."""
    list(predict_each(make_jobs([neighbour]), whole_image_predictor(), out=folder / "alone", annotate=False))
    [table] = [*(folder / "alone").glob("*/frames.csv"), *(folder / "alone").glob("*/photographs.csv")]
    table.replace(folder / "neighbour.csv")


def read_video(path: Path) -> None:
    """Predict a video and its neighbour, and write both with their annotated videos."""
    predictor, out = whole_image_predictor(), path.parent / "out"
    mutant, intact = predict_each(make_jobs([path, path.parent / _NEIGHBOUR], out=out), predictor, out=out)
    check(not isinstance(intact.outcome, Unreadable), "the neighbour is not read")
    tables = {table.parent.name: table.read_bytes() for table in out.glob("*/frames.csv")}
    check(tables[intact.job.folder] == (path.parent / "neighbour.csv").read_bytes(), "the neighbour changed")
    if isinstance(mutant.outcome, Unreadable):
        raise VideoError(mutant.outcome.reason)
    table = mutant.outcome.table
    rows = table[table["status"] == "ok"]
    check_probabilities(rows[list(predictor.info.labels.probability_columns)])
    check_probabilities(mutant.outcome.smoothed[(table["status"] == "ok").to_numpy()])
    seconds = table["seconds"].to_numpy(float)
    check(np.isfinite(seconds).all() and (np.diff(seconds) >= 0).all(), f"the times are {seconds}")
    check(
        {"frames.csv", "verdict.json", "report.html"} <= _names(out / mutant.job.folder), "a file is missing"
    )


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def _mutate(content: bytes, random: Random, *, fields: Fields) -> bytes:
    """Mutate encoded images, numbers of the structure, the order of pieces, the length, or any bytes."""
    match random.randrange(12):
        case 0:
            return mutated_bytes(content, random)
        case 1:
            return cut_or_repeated(content, random)
        case 2 | 3 | 4 | 5:
            return _with_other_bytes(content, random)
        case 6:
            return _with_swapped_packets(content, random)
        case _:
            numbers = fields(content)
            for _ in range(random.choice((1, 1, 3))):
                content = mutated_number(content, random.choice(numbers), random)
            return content


def _with_other_bytes(content: bytes, random: Random) -> bytes:
    """Change bytes of encoded images or sound."""
    mutant, spans = bytearray(content), _packets(content)
    for span in random.choices(spans, k=random.choice((1, 2, 5))):
        for _ in range(random.choice((1, 4, 32))):
            mutant[random.randrange(span.start, span.stop)] = random.randrange(256)
    return bytes(mutant)


def _with_swapped_packets(content: bytes, random: Random) -> bytes:
    mutant, (first, second) = bytearray(content), random.sample(_packets(content), 2)
    size = min(len(first), len(second))
    mutant[first.start : first.start + size] = content[second.start : second.start + size]
    mutant[second.start : second.start + size] = content[first.start : first.start + size]
    return bytes(mutant)


def _packets(content: bytes) -> list[range]:
    """Return the places of the encoded images and sound."""
    with av.open(io.BytesIO(content), "r") as container:
        packets = [(packet.pos, packet.size) for packet in container.demux()]
    return [range(at, min(at + size, len(content))) for at, size in packets if at is not None and size > 0]


def _between_packets(content: bytes) -> list[Field]:
    """Return the whole numbers of one, two and four bytes that lie before and between packets."""
    taken = {byte for span in _packets(content) for byte in span}
    free = [byte for byte in range(4, len(content) - 4) if byte not in taken] or range(5, 40)
    return [(byte, size, "big") for byte in free for size in (1, 2, 4)]


def _of_boxes(content: bytes) -> list[Field]:
    """Return the sizes of the boxes of an MP4, and the whole numbers in those without boxes inside."""
    found: list[Field] = []
    for start, end, kind in _boxes(content, 0, len(content)):
        found.append((start, 4, "big"))
        if kind not in (b"mdat", b"ftyp", *_PARENTS):
            found += [(byte, 4, "big") for byte in range(start + 8, end - 3, 4)]
            found += [(byte, 2, "big") for byte in range(start + 8, end - 1, 2)]
    return found


def _boxes(content: bytes, start: int, stop: int) -> Iterator[tuple[int, int, bytes]]:
    while start + 8 <= stop:
        size, kind = int.from_bytes(content[start : start + 4], "big"), content[start + 4 : start + 8]
        if size < 8:
            return
        yield start, start + size, kind
        if kind in _PARENTS:
            yield from _boxes(content, start + 8, start + size)
        start += size


def _of_avi(content: bytes) -> list[Field]:
    """Return the words of an AVI's headers and of its index."""
    index = content.rindex(b"idx1")
    places = (*range(4, content.index(b"movi"), 4), *range(index, len(content) - 3, 4))
    return [(byte, 4, "little") for byte in places]


def _kind(suffix: str, fields: Fields) -> Kind:
    place = f"mutant{suffix}"
    return Kind(
        place,
        partial(_write, place=place),
        partial(_mutate, fields=fields),
        read_video,
        refused_without("as a video", "no video track"),
        space_bytes=3 * 2**30,
    )


KINDS = (
    _kind(".mp4", _of_boxes),
    _kind(".mkv", _between_packets),
    _kind(".webm", _between_packets),
    _kind(".avi", _of_avi),
    _kind(".ts", _between_packets),
    _kind(".gif", _between_packets),
    _kind(".h264", _between_packets),
)
