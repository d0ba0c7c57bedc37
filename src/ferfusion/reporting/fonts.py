"""The font of text that is drawn with Pillow."""

from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from PIL import ImageFont


@lru_cache(maxsize=8)
def sans(size_px: int) -> ImageFont.FreeTypeFont:
    """Return DejaVu Sans, which matplotlib ships."""
    path = Path(str(files("matplotlib"))) / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
    return ImageFont.truetype(str(path), size_px)
