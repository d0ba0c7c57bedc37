"""Uploads: files that a browser sent, and files of this machine that are read where they are."""

import hashlib
import shutil
import time
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ferfusion.app.home import Home, is_id, new_id, read_json, safe_name, size_of, write_json
from ferfusion.app.problems import Problem
from ferfusion.errors import file_errors

_END_BYTES = 2**16


@dataclass(frozen=True)
class Upload:
    """A file that can be an input of a job.

    Attributes:
        id: Its id.
        name: Name of the file.
        bytes: Its size.
        kind: ``video``, ``photograph``, ``bundle`` or ``unreadable``.
        path: Where it is.
        is_copy: Whether the app has its own copy, which it may remove.
        reason: Why it is unreadable.
        created: Time, in seconds since 1970.
        source: Equal for uploads of the same file.
    """

    id: str
    name: str
    bytes: int
    kind: str
    path: str
    is_copy: bool
    reason: str = ""
    created: float = 0.0
    source: str = ""

    def row(self) -> dict[str, Any]:
        """Return what the interface shows of it."""
        shown = asdict(self)
        del shown["is_copy"]
        return shown | {"path": None if self.is_copy else self.path}


class Uploads:
    """The uploads of a home.

    Args:
        home: The app's home.
        limit_bytes: Largest upload.
    """

    def __init__(self, home: Home, *, limit_bytes: int) -> None:
        self._home, self.limit_bytes = home, limit_bytes

    def get(self, upload_id: str) -> Upload:
        """Return an upload.

        Raises:
            Problem: there is none of this id.
        """
        found = _read(self._folder(upload_id)) if is_id(upload_id) else None
        if found is None:
            raise Problem(404, f"There is no upload {upload_id}; GET /api/v1/uploads lists them")
        return found

    def all(self) -> list[Upload]:
        """Return all uploads, the oldest first."""
        found = (_read(folder) for folder in self._home.uploads.iterdir() if is_id(folder.name))
        return sorted((one for one in found if one is not None), key=lambda one: (one.created, one.id))

    async def receive(self, name: str, chunks: AsyncIterator[bytes]) -> Upload:
        """Write a file that is sent; nothing stays of one that is not sent to its end.

        Args:
            name: Its name.
            chunks: Its bytes.

        Raises:
            Problem: it has more bytes than the limit, or none.
            FileError: it cannot be written, such as on a full disk.
        """
        upload_id, fit = new_id(), safe_name(name)
        folder = self._folder(upload_id)
        file = folder / fit
        is_whole = False
        try:
            with file_errors(file):
                folder.mkdir(parents=True)
                size = 0
                with file.open("xb") as out:
                    async for chunk in chunks:
                        size += len(chunk)
                        if size > self.limit_bytes:
                            raise Problem(413, self.too_large())
                        out.write(chunk)
            if not size:
                raise Problem(400, f"The file {fit} has no bytes; send it as the body of the request")
            is_whole = True
        finally:
            if not is_whole:
                shutil.rmtree(folder, ignore_errors=True)
        return Upload(upload_id, fit, size, "unreadable", str(file), is_copy=True, created=time.time())

    def open_path(self, path: Path) -> Upload:
        """Return an upload of a file of this machine, which is not copied."""
        with file_errors(path):
            size = path.stat().st_size
        upload_id = new_id()
        self._folder(upload_id).mkdir(parents=True)
        return Upload(upload_id, path.name, size, "unreadable", str(path), is_copy=False, created=time.time())

    def keep(self, upload: Upload) -> Upload:
        """Write the row of an upload, once its kind is known."""
        write_json(self._folder(upload.id) / "upload.json", asdict(upload))
        return upload

    def remove(self, upload_id: str) -> int:
        """Remove an upload from the disk; return the bytes that are free again."""
        upload = self.get(upload_id)
        folder = self._folder(upload.id)
        size = size_of(folder)
        with file_errors(folder):
            shutil.rmtree(folder)
        return size

    def too_large(self) -> str:
        """Return the message about an upload above the limit."""
        return (
            f"A file may have at most {self.limit_bytes:,} bytes; open it by its path instead, "
            "or start the app with a larger --upload-bytes"
        )

    def _folder(self, upload_id: str) -> Path:
        return self._home.uploads / upload_id


def _read(folder: Path) -> Upload | None:
    row = read_json(folder / "upload.json")
    names = [field.name for field in fields(Upload)]
    return None if row is None or set(row) != set(names) else Upload(**row)


def source_of(path: Path) -> str:
    """Return a text that is equal for files of the same content: a hash of their size and their ends."""
    with file_errors(path), path.open("rb") as file:
        size = path.stat().st_size
        digest = hashlib.sha256(str(size).encode() + file.read(_END_BYTES))
        file.seek(max(0, size - _END_BYTES))
        digest.update(file.read(_END_BYTES))
    return digest.hexdigest()[:16]
