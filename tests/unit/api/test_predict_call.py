import numpy as np
import pytest

import ferfusion as fer
from ferfusion.api.predict_call import is_several, listed
from ferfusion.errors import ConfigError
from helpers.videos import numbered, write_video

GREY = np.full((3, 96, 96, 3), 120, np.uint8)


@pytest.fixture(scope="module")
def model():
    return fer.load_model(device="cpu")


@pytest.fixture
def folder(tmp_path):
    """Two videos and a text that is none."""
    place = tmp_path / "in"
    place.mkdir()
    for name, frames in (("a", 5), ("b", 7)):
        write_video(place / f"{name}.mp4", numbered(frames))
    (place / "diary.mp4").write_text("dear diary")
    return place


def names(results):
    return [result.name if isinstance(result, fer.UnreadVideo) else result.video for result in results]


def test_listed_and_is_several(tmp_path):
    assert listed(iter("ab")) == ["a", "b"]
    assert is_several(["a"])
    assert is_several(tmp_path)
    assert not is_several(tmp_path / "a.mp4")
    assert not is_several(GREY)


def test_predict_each_resumes_without_what_is_predicted(model, folder, tmp_path):
    out = tmp_path / "out"
    said: list[fer.Progress] = []

    def again(**settings):
        return names(model.predict_each(folder, out=out, resume=True, progress=said.append, **settings))

    assert again() == ["a.mp4", "b.mp4", "diary.mp4"]
    assert again() == ["diary.mp4"]
    assert "Predicted already: 2 of 3 inputs." in [each.message for each in said]
    assert again(window=1) == ["a.mp4", "b.mp4", "diary.mp4"]
    write_video(folder / "a.mp4", numbered(9))
    assert again(window=1) == ["a.mp4", "diary.mp4"]
    assert names(model.predict_each(folder, out=out, window=1)) == ["a.mp4", "b.mp4", "diary.mp4"]


def test_predict_refuses_to_resume_since_it_returns_everything(model, folder, tmp_path):
    with pytest.raises(ConfigError, match="predict_each"):
        model.predict(folder, out=tmp_path / "out", resume=True)


@pytest.mark.parametrize("settings", [{"engine": "pol"}, {"address": "1.2.3.4:5"}, {"workers": 0}])
def test_predict_refuses_settings_of_the_engine(model, folder, settings):
    with pytest.raises(ConfigError):
        model.predict(folder, **settings)


@pytest.mark.slow
def test_predict_returns_the_inputs_in_their_order_from_several_processes(model, folder):
    inputs = [folder / "b.mp4", GREY[0], folder / "diary.mp4", folder / "a.mp4"]
    several = model.predict(inputs, workers=2)
    assert [one.video for one in several] == ["b.mp4", "image-1", "a.mp4"]
    assert [one.name for one in several.unread] == ["diary.mp4"]
    alone = model.predict(inputs, engine="here")
    assert all(one.table.equals(other.table) for one, other in zip(several, alone, strict=True))
