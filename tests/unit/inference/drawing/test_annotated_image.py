import numpy as np
import pytest

from ferfusion.inference.drawing.annotated_image import draw_photograph, write_annotated_image
from ferfusion.reporting.colours import colour_of
from ferfusion.video.images import read_image
from helpers.photographs import grey, predicted


@pytest.mark.parametrize("size", [(60, 60), (48, 30), (500, 700)])
def test_write_annotated_image_shows_the_photograph_its_box_and_a_strip(tmp_path, size):
    image = grey(100, height=size[0], width=size[1])
    prediction = predicted(image)
    write_annotated_image(tmp_path / "a.jpg", image, prediction)
    drawn = read_image(tmp_path / "a.jpg")
    width = max(400, size[1])
    height = round(size[0] * width / size[1])
    assert drawn.shape[1] == width
    assert drawn.shape[0] > height  # the strip
    assert np.median(drawn[:height]) == pytest.approx(100, abs=1)
    exact = draw_photograph(image, prediction)
    colour = np.array(
        [
            int(colour_of(prediction.verdicts[0].expression, prediction.info.labels)[at : at + 2], 16)
            for at in (1, 3, 5)
        ]
    )
    assert (exact == colour).all(axis=2).any()
    assert np.abs(exact.astype(int) - drawn).mean() < 2  # JPEG
