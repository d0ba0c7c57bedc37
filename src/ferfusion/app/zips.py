"""A zip file that is sent while it is made, so that it takes neither memory nor disk."""

from collections.abc import Iterable, Iterator
from io import RawIOBase
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

_CHUNK_BYTES = 2**18
_PACKED_ALREADY = (".mp4", ".jpg", ".png", ".webm")


class _Sink(RawIOBase):
    """Takes what a zip file writes, until it is taken out."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        self._parts.append(bytes(content))
        return len(self._parts[-1])

    def take(self) -> bytes:
        taken, self._parts = b"".join(self._parts), []
        return taken


def zipped(files: Iterable[tuple[str, Path]]) -> Iterator[bytes]:
    """Yield the parts of a zip file.

    Args:
        files: Name in the zip file, and path, of each file.
    """
    sink = _Sink()
    with ZipFile(sink, "w") as archive:
        for name, path in files:
            entry = ZipInfo.from_file(path, name)
            entry.compress_type = ZIP_STORED if path.suffix in _PACKED_ALREADY else ZIP_DEFLATED
            with path.open("rb") as file, archive.open(entry, "w", force_zip64=True) as out:
                while part := file.read(_CHUNK_BYTES):
                    out.write(part)
                    if taken := sink.take():
                        yield taken
    yield sink.take()
