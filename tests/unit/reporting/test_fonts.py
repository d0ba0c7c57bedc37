import pytest

from ferfusion.label_set import SEVEN
from ferfusion.reporting.fonts import sans


@pytest.mark.parametrize("size_px", [10, 24])
def test_sans_has_the_size_and_is_loaded_once(size_px):
    font = sans(size_px)
    assert font.size == size_px
    assert font.getname() == ("DejaVu Sans", "Book")
    assert sans(size_px) is font


def test_sans_is_twice_as_wide_at_twice_the_size():
    for name in SEVEN.names:
        assert sans(40).getlength(name) == pytest.approx(2 * sans(20).getlength(name), rel=0.05)
