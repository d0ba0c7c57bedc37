import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferfusion.errors import ConfigError
from ferfusion.inference.recipe import FrameChoice, PredictRecipe, parse_every
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.video.reader import Frame


def chosen(every, seconds, *, first=0):
    choice = FrameChoice(every)
    frames = [Frame(first + k, now, None, "no image is needed") for k, now in enumerate(seconds)]
    return [frame.index for frame in frames if choice(frame)]


def test_frame_choice_of_every_nth_frame_counts_from_the_first():
    seconds = np.arange(20) / 25
    assert chosen("1", seconds) == list(range(20))
    assert chosen("6", seconds) == [0, 6, 12, 18]
    assert chosen("6", seconds, first=100) == [100, 106, 112, 118]


def test_frame_choice_of_a_period_takes_its_first_frame():
    assert chosen("0.2s", np.arange(20) / 25) == [0, 5, 10, 15]
    assert chosen("1s", [10, 10.4, 10.9, 11.0, 11.1, 14.2, 14.3, 15.0]) == [0, 3, 5, 7]


@given(st.lists(st.floats(0.001, 3), min_size=1, max_size=60), st.floats(0.05, 5))
def test_frame_choice_takes_the_first_frame_of_each_period(steps, period):
    seconds = np.cumsum(steps)
    periods = np.floor((seconds - seconds[0] + 1e-6) / period)
    assert chosen(f"{period}s", seconds) == [int(np.argmax(periods == each)) for each in np.unique(periods)]


@pytest.mark.parametrize("every", ["0", "-1", "0s", "-2s", "nans", "infs", "often", "1.5", "", "s"])
def test_every_that_cannot_be_parsed_is_refused(every):
    with pytest.raises(ConfigError, match="every must be a number of frames such as 5, or of seconds"):
        PredictRecipe(every=every)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"every": "1e-12s"},
            "every must be at least 0.001s, a frame at 1,000 frames per second; got '1e-12s'",
        ),
        ({"per": "1e-9s"}, "per must be at least 0.001s"),
        ({"per": "5"}, "per must be a number of seconds such as 1s or 0.5s, got '5'"),
    ],
)
def test_predict_recipe_refuses_a_period_below_a_frame(settings, words):
    with pytest.raises(ConfigError, match=words):
        PredictRecipe(**settings)
    assert PredictRecipe(every="0.001s", per="0.001s").every == "0.001s"


def test_parse_every_takes_a_capital_s():
    assert parse_every(" 2S ") == (0, 2.0)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"start": -1}, "start must be 0 or more seconds, got -1"),
        ({"start": 5, "end": 5}, r"end must lie after start \(5 seconds\), got 5"),
        ({"start": float("nan")}, "start must be"),
        ({"end": float("nan")}, "end must be finite"),
        ({"window": -0.5}, "window must be 0 or more seconds"),
        ({"smoothing": "casual"}, "Did you mean 'causal'"),
    ],
)
def test_predict_recipe_refuses_settings_that_cannot_be_used(settings, words):
    with pytest.raises(ConfigError, match=words):
        PredictRecipe(**settings)


def test_in_words_names_every_setting():
    assert PredictRecipe().in_words == (
        "The expression was predicted for every frame. The timeline is the mean of the predictions in 0.5 "
        "seconds around a frame (centred)."
    )
    assert PredictRecipe(start=10, end=20, every="0.5s", smoothing="causal", window=0).in_words == (
        "The expression was predicted for one frame in 0.5 seconds, from second 10, up to second 20. "
        "The timeline is not smoothed."
    )
    assert "predicted for one frame in 5." in PredictRecipe(every="5").in_words
    assert "in 2 seconds up to a frame (causal)" in PredictRecipe(smoothing="causal", window=2).in_words
    assert (
        "for every frame, in faces of at least 0.05 of the image's" in PredictRecipe(min_face=0.05).in_words
    )


def test_preparation_is_that_of_the_model_but_for_min_face():
    model = PrepareRecipe(size=64, min_face=0.2)
    assert PredictRecipe().preparation(model) == model
    assert PredictRecipe(min_face=0.05).preparation(model) == PrepareRecipe(size=64, min_face=0.05)
