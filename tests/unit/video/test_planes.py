import av
import numpy as np
import pytest

from ferfusion.video.planes import planes_of, rgb_of_planes


def test_planes_of_are_views_of_the_pixels_without_their_padding():
    image = av.VideoFrame(35, 21, "yuv420p")
    for number, plane in enumerate(planes_of(image)):
        plane[:] = 40 + number
    luma, cb, cr = planes_of(image)
    assert [plane.shape for plane in (luma, cb, cr)] == [(21, 35), (11, 18), (11, 18)]
    assert [np.unique(plane).tolist() for plane in (luma, cb, cr)] == [[40], [41], [42]]


@pytest.mark.parametrize(
    ("is_bt709", "yuv"),  # limited range, by BT.601 and BT.709
    [(False, (81, 90, 240)), (True, (63, 102, 240))],
)
def test_rgb_of_planes_is_red_where_it_was_red(is_bt709, yuv):
    luma, cb, cr = (np.full((2, 3), value, np.uint8) for value in yuv)
    rgb = rgb_of_planes((luma, cb, cr), is_bt709=is_bt709)
    assert rgb.shape == (2, 3, 3)
    assert np.abs(rgb.astype(int) - (255, 0, 0)).max() <= 2
