from dataclasses import replace

import numpy as np
import pytest

from ferfusion.errors import BundleError, ConfigError
from ferfusion.exchange.foreign_network import ForeignNetwork, as_numbers

NETWORK = ForeignNetwork(
    input="image",
    output="scores",
    colours="rgb",
    channels=3,
    layout="nhwc",
    batch=0,
    largest_pixel=1,
    mean=(0.5, 0.25, 0.0),
    std=(0.5, 1.0, 2.0),
    meaning="logits",
    columns=(2, 0),
    width=3,
)


def test_images_scale_subtract_and_divide_each_channel():
    crop = np.array([[[[255, 0, 51]]]], np.uint8)
    assert NETWORK.images(crop)[0, 0, 0] == pytest.approx([1.0, -0.25, 0.1])
    bgr = replace(NETWORK, colours="bgr", largest_pixel=255)
    assert bgr.images(crop)[0, 0, 0] == pytest.approx([101.0, -0.25, 127.5])


def test_images_of_grey_are_the_luma_of_bt601():
    red, green, blue = np.eye(3, dtype=np.uint8) * 255
    crops = np.stack([red, green, blue])[:, None, None]
    grey = replace(
        NETWORK, colours="grey", channels=1, layout="nchw", largest_pixel=255, mean=(0.0,), std=(1.0,)
    )
    assert grey.images(crops).shape == grey.shape(3, 1) == (3, 1, 1, 1)
    assert grey.images(crops).ravel().tolist() == [76, 150, 29]


def test_probabilities_are_the_softmax_of_the_columns_over_the_temperature():
    numbers = np.array([[0.0, 9.0, np.log(4)]], np.float32)
    assert NETWORK.probabilities(numbers)[0] == pytest.approx([0.8, 0.2])
    assert NETWORK.probabilities(numbers, temperature=2.0)[0] == pytest.approx([2 / 3, 1 / 3])


def test_probabilities_that_are_given_stay_and_take_a_temperature():
    given = replace(NETWORK, meaning="probabilities")
    numbers = np.array([[0.2, 7.0, 0.8]], np.float32)
    assert given.probabilities(numbers)[0] == pytest.approx([0.8, 0.2])
    assert given.probabilities(numbers, temperature=2.0)[0] == pytest.approx([2 / 3, 1 / 3])
    with pytest.raises(BundleError, match="answers with numbers that are no probabilities"):
        given.probabilities(np.array([[0.2, 0.0, 0.5]], np.float32))


def test_network_is_read_back_from_its_values():
    assert ForeignNetwork.from_dict({**NETWORK.to_dict(), "mean": [0.5, 0.25, 0.0]}) == NETWORK


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mean": "text"}, "mean must be a list of numbers, got 'text'"),
        ({"mean": [0.5]}, "mean must have a finite number for each of 3 channels"),
        ({"mean": [0.5, float("inf"), 0.0]}, "mean must have a finite number"),
        ({"std": [1.0, 1.0, -1.0]}, r"std must be from 0\.0001"),
        ({"columns": [0, 0]}, "must have an output of its own of 3"),
        ({"columns": [0, 3]}, "must have an output of its own of 3"),
        ({"batch": 10**6}, "batch must be from 0 to 64"),
        ({"width": 10**9}, "width must be from 1 to 10,000"),
        ({"channels": 4}, "must read 3 channels, or 1 of grey, got 4 of rgb"),
        ({"layout": "hwcn"}, "Unknown layout 'hwcn'"),
        ({"meaning": "scores"}, "Unknown meaning of the outputs 'scores'"),
        ({"largest_pixel": 100}, "largest_pixel must be 1 or 255, got 100"),
        ({"input": ""}, "A name in the graph has 1 to 1,000 characters"),
        ({"gamma": 2}, "Unknown network settings: gamma"),
    ],
)
def test_network_refuses_a_value_of_a_file_that_cannot_be_used(change, message):
    with pytest.raises(ConfigError, match=message):
        ForeignNetwork.from_dict({**NETWORK.to_dict(), **change})


def test_network_refuses_values_that_are_not_complete():
    with pytest.raises(ConfigError, match=r"not complete: .*input"):
        ForeignNetwork.from_dict({"width": 3})
    with pytest.raises(ConfigError, match="must be named values"):
        ForeignNetwork.from_dict([])  # type: ignore[arg-type]


@pytest.mark.parametrize("values", ["0.5", ["a"], [[0.5]], None, {"mean": 1}])
def test_as_numbers_refuses_what_is_no_number(values):
    with pytest.raises(ConfigError, match="mean must be one number or several, got"):
        as_numbers("mean", values)
