"""Zip files of FER2013's images: members, directory and checksums."""

import io
import struct
import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from random import Random
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, ZipFile, ZipInfo

from ferfusion.corpora.fer2013 import list_fer2013
from ferfusion.label_set import SEVEN
from ferfusion.preparation.stills import select_faces
from fuzz.kind import Kind, check, refused_without
from fuzz.mutations import cut_or_repeated, mutated_bytes, mutated_number
from fuzz.photographs import mutated_png
from helpers.stills import fer_folders, noise_image, write_images, zipped

_NEIGHBOUR = "corpus/train/happy/neighbour.png"
_LEFT_ALONE = b"the neighbour is intact"
"""The comment of a zip file whose neighbour must be read."""
_NAMES = (
    "../out.png",
    "/abs.png",
    "a\\b.png",
    "x" * 60_000,
    "corpus/train/sad/a\rb.png",
    "corpus/train/sad/.png",
    "",
)
_CENTRAL, _LOCAL = b"PK\x01\x02", b"PK\x03\x04"


def _write(folder: Path) -> None:
    root = fer_folders(folder / "corpus", per_class=1)
    write_images(folder, {_NEIGHBOUR: noise_image(999)})
    zipped(root, folder / "faces.zip")


def _read(path: Path) -> None:
    """List and decode the images; the neighbour has its pixels."""
    listing = list_fer2013(path)
    faces, _ = select_faces(listing, labels=SEVEN, size=48)
    ids = [still.image_id for still in listing.stills]
    check(len(ids) == len(set(ids)), "two images have one id")
    if path.read_bytes().endswith(_LEFT_ALONE):
        found = [face for face in faces if face.still.place == _NEIGHBOUR]
        check(len(found) == 1, "the neighbour is missing")
        check((found[0].pixels == noise_image(999)).all(), "the neighbour changed")


def _mutate(content: bytes, random: Random) -> bytes:
    """Mutate a member, its checksum, its entry in the directory, or any bytes."""
    match random.randrange(9):
        case 0:
            return mutated_bytes(content, random)
        case 1:
            return cut_or_repeated(content, random)
        case 2:
            return _with_other_entry(content, random)
        case _:
            return _with_other_member(content, random)


def _with_other_entry(content: bytes, random: Random) -> bytes:
    """Change numbers of the entries of the directory, or of the end of the directory."""
    entries = [at for at in range(len(content)) if content[at : at + 4] == _CENTRAL]
    forms = ((6, 2), (8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (32, 2), (42, 4))
    for _ in range(random.choice((1, 3))):
        if random.randrange(6) == 0:
            place, size = random.choice(((8, 2), (10, 2), (12, 4), (16, 4), (20, 2)))
            start = content.rindex(b"PK\x05\x06")
        else:
            place, size = random.choice(forms)
            start = random.choice(entries)
        content = mutated_number(content, (start + place, size, "little"), random)
    return content


def _with_other_member(content: bytes, random: Random) -> bytes:
    """Change the content, packing, name, flags or data of a member; the neighbour stays."""
    members = _members(content)
    chosen = random.choice([name for name in members if name != _NEIGHBOUR])
    match random.randrange(8):
        case 0:
            members[chosen] = mutated_png(members[chosen], random)
        case 1:
            return _packed(members, random, methods=(ZIP_BZIP2, ZIP_LZMA))
        case 2:
            members[random.choice(_NAMES)] = members.pop(chosen)
        case 3:
            broken = {
                chosen: mutated_bytes(members[chosen], random),
                "corpus/votes.csv": random.randbytes(50),
            }
            return _packed(members | broken, random, comment=b"")
        case 4:
            return _with_flag(_packed(members, random), chosen, 1)
        case 5:
            return _with_bad_data(_packed(members, random), chosen, random)
        case _:
            return _with_bomb(members, chosen, random)
    return _packed(members, random)


def _members(content: bytes) -> dict[str, bytes]:
    with ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _packed(
    members: Mapping[str, bytes],
    random: Random,
    *,
    methods: Sequence[int] = (ZIP_STORED, ZIP_DEFLATED),
    comment: bytes = _LEFT_ALONE,
) -> bytes:
    memory = io.BytesIO()
    with ZipFile(memory, "w") as archive:
        for name, member in members.items():
            archive.writestr(ZipInfo(name), member, random.choice(methods))
        archive.comment = comment
    return memory.getvalue()


def _places(content: bytes, name: str) -> tuple[int, int]:
    """Return where the local header and the entry of the directory of a member begin."""
    local = content.index(name.encode()) - 30
    return local, content.rindex(name.encode()) - 46


def _with_flag(content: bytes, name: str, flag: int) -> bytes:
    local, central = _places(content, name)
    mutant = bytearray(content)
    mutant[local + 6] |= flag
    mutant[central + 8] |= flag
    return bytes(mutant)


def _with_bad_data(content: bytes, name: str, random: Random) -> bytes:
    local, _ = _places(content, name)
    start = local + 30 + len(name)
    size = int.from_bytes(content[local + 18 : local + 22], "little")
    mutant = bytearray(content)
    for _ in range(random.choice((1, 9))):
        mutant[start + random.randrange(size)] ^= 1 << random.randrange(8)
    return bytes(mutant)


@cache
def _zeros() -> bytes:
    """Return 1.5 GiB of zeros, deflated; after a full flush, the same bytes may follow."""
    packer = zlib.compressobj(wbits=-15)
    return (packer.compress(bytes(2**24)) + packer.flush(zlib.Z_FULL_FLUSH)) * 96 + packer.flush()


def _with_bomb(members: Mapping[str, bytes], name: str, random: Random) -> bytes:
    """State that a member is large, or let it be inflated to 1.5 GiB."""
    kept = {other: member for other, member in members.items() if other != name}
    content = _packed({**kept, name: b""}, random, methods=(ZIP_STORED,))
    packed = _zeros() if random.randrange(2) else bytes(100)
    return _with_member(content, name, packed, random.choice((2**29, 96 * 2**24, 2**32 - 2)))


def _with_member(content: bytes, name: str, packed: bytes, stated: int) -> bytes:
    """Put deflated data into the empty member, which is the last one, and state its size."""
    local, central = _places(content, name)
    numbers = struct.pack("<HHHIII", 8, 0, 0, 0, len(packed), stated)
    start = local + 30 + len(name)
    directory = content.index(_CENTRAL)
    body = content[: local + 8] + numbers + content[local + 26 : start] + packed
    tail = bytearray(content[directory:])
    at = central - directory
    tail[at + 10 : at + 28] = numbers
    end = tail.rindex(b"PK\x05\x06")
    tail[end + 16 : end + 20] = len(body).to_bytes(4, "little")
    return body + bytes(tail)


KINDS = (
    Kind(
        "faces.zip",
        _write,
        _mutate,
        _read,
        refused_without("neither a folder nor a zip file"),
        space_bytes=2**31,
    ),
)
