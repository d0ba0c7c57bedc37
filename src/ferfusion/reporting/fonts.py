"""The font of text that is drawn with Pillow."""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from PIL import ImageFont


@lru_cache(maxsize=8)
def sans(size_px: int) -> ImageFont.FreeTypeFont:
    """Return DejaVu Sans, which matplotlib ships."""
    package = find_spec("matplotlib")  # not imported, which takes longer than a short video
    assert package is not None
    assert package.origin is not None
    path = Path(package.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
    return ImageFont.truetype(str(path), size_px)
