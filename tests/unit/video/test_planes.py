import av
import numpy as np

from ferfusion.video.planes import planes_of


def test_planes_of_are_views_of_the_pixels_without_their_padding():
    image = av.VideoFrame(35, 21, "yuv420p")
    for number, plane in enumerate(planes_of(image)):
        plane[:] = 40 + number
    luma, cb, cr = planes_of(image)
    assert [plane.shape for plane in (luma, cb, cr)] == [(21, 35), (11, 18), (11, 18)]
    assert [np.unique(plane).tolist() for plane in (luma, cb, cr)] == [[40], [41], [42]]
