"""Read HDF5 files that others made: only what lies in the file itself, within bounds.

HDF5 can link to other files, store a dataset's values in other files, and pack them; Keras does none of this.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_ARRAY_BYTES = 2**27
_MAX_TEXT_BYTES, _MAX_TEXTS, _MAX_NAME = 2**24, 4096, 1024


class Hdf5Reader:
    """Reads members, attributes and arrays of one file.

    Every method raises ValueError for what Keras does not write, and h5py's errors for a damaged file.

    Args:
        h5py: The package.
    """

    def __init__(self, h5py: Any) -> None:
        self._h5py = h5py
        self._bytes_left = MAX_ARRAY_BYTES

    def has(self, group: Any, name: str) -> bool:
        """Return whether a group has a member of this name; a link is not followed."""
        return self._is_group(group) and bool(group.id.links.exists(name.encode()))

    def group(self, parent: Any, path: str) -> Any:
        """Return the group at a path below a group."""
        found = self._member(parent, path)
        if not self._is_group(found):
            raise ValueError(f"{path!r:.80} is not a group")
        return found

    def names(self, group: Any) -> list[str]:
        """Return the names of a group's members."""
        return [name.decode() for name in group.id]

    def array(self, group: Any, path: str) -> NDArray[np.floating[Any]]:
        """Return the array of floats at a path below a group; all arrays have a bound together."""
        found = self._member(group, path)
        if not isinstance(found, self._h5py.Dataset):
            raise ValueError(f"{path!r:.80} is not an array")
        storage = found.id.get_create_plist()
        if storage.get_external_count() or storage.get_layout() == self._h5py.h5d.VIRTUAL:
            raise ValueError(f"the array {path!r:.80} has its values in other files, which are not opened")
        if storage.get_nfilters():
            raise ValueError(f"the array {path!r:.80} is packed, which Keras does not do")
        if found.dtype.kind != "f" or found.dtype.itemsize > 8 or found.shape is None:
            raise ValueError(f"the array {path!r:.80} has no floating point numbers")
        self._bytes_left -= found.size * max(found.dtype.itemsize, 4)
        if self._bytes_left < 0 or 0 in found.shape:
            raise ValueError(
                f"its arrays have more than {MAX_ARRAY_BYTES:,} bytes, or none: {path!r:.80} has the shape "
                f"{found.shape}"
            )
        return np.asarray(found[()])

    def has_attribute(self, item: Any, name: str) -> bool:
        """Return whether a group has an attribute."""
        return name in item.attrs

    def text(self, item: Any, name: str) -> str:
        """Return an attribute that is text."""
        value = self._attribute(item, name)
        return _decoded(value.item() if isinstance(value, np.ndarray) and value.size == 1 else value)

    def texts(self, item: Any, name: str) -> list[str]:
        """Return an attribute that is a list of texts."""
        return [_decoded(value) for value in np.atleast_1d(self._attribute(item, name)).ravel().tolist()]

    def _attribute(self, item: Any, name: str) -> Any:
        stored = item.attrs.get_id(name)
        count = math.prod(stored.shape or ())
        if count > _MAX_TEXTS or count * stored.dtype.itemsize > _MAX_TEXT_BYTES:
            raise ValueError(f"the attribute {name!r} is too long")
        return item.attrs[name]

    def _member(self, group: Any, path: str) -> Any:
        """Return a member, one step after the other; only hard links are followed, which stay in the file."""
        if len(path) > _MAX_NAME:
            raise ValueError(f"the name {path!r:.80} is too long")
        for name in filter(None, path.split("/")):
            if not self.has(group, name):
                raise ValueError(f"{name!r:.80} of {path!r:.80} is missing")
            if group.id.links.get_info(name.encode()).type != self._h5py.h5l.TYPE_HARD:
                raise ValueError(f"{name!r:.80} is a link, which is not followed")
            group = group[name]
        return group

    def _is_group(self, item: Any) -> bool:
        return isinstance(item, self._h5py.Group)


def _decoded(value: Any) -> str:
    if not isinstance(value, bytes | str):
        raise ValueError(f"an attribute is {type(value).__name__}, expected text")
    return value.decode() if isinstance(value, bytes) else value
