import csv

import pytest
from cyclopts import App

from ferfusion.bundle import save_bundle
from ferfusion.cli.webcam import webcam
from ferfusion.errors import ConfigError, VideoError
from ferfusion.inference.live import Pace
from helpers.bundles import untrained_bundle
from helpers.face_videos import face_video
from helpers.videos import decode_plainly


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """A face for two and a half seconds."""
    return face_video(tmp_path_factory.mktemp("videos") / "live.mp4", 62)


@pytest.fixture
def bundle(tmp_path):
    save_bundle(tmp_path / "b.safetensors", untrained_bundle())
    return tmp_path / "b.safetensors"


def test_webcam_prints_expressions_and_a_summary(video, bundle, tmp_path, capsys):
    webcam(str(video), model=bundle, out=tmp_path / "out", annotate=True, seconds=1.0)
    printed = capsys.readouterr().out
    assert "face 0: " in printed
    assert "frames predicted" in printed
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"frames.csv", "annotated.mp4"}
    with (tmp_path / "out" / "frames.csv").open(newline="") as file:
        assert float(list(csv.DictReader(file))[-1]["seconds"]) < 2.4


def test_webcam_keeps_its_files_when_it_is_stopped(video, bundle, tmp_path, capsys, monkeypatch):
    count = []

    def stop_at_three(self, prediction):
        count.append(prediction)
        if len(count) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(Pace, "count", stop_at_three)
    webcam(str(video), model=bundle, out=tmp_path / "out", annotate=True)
    assert "Stopped." in capsys.readouterr().out
    assert len(decode_plainly(tmp_path / "out" / "annotated.mp4")) == 2


def test_webcam_takes_a_source_as_it_is_written(video, bundle, capsys, monkeypatch):
    app = App(default_command=webcam, result_action="return_value")
    app([str(video), "--bundle", str(bundle), "--seconds", "0.2"], exit_on_error=False)
    assert "frames predicted" in capsys.readouterr().out
    opened = []

    def no_input(*arguments):
        opened.append(arguments)
        raise VideoError("nothing is sent")

    monkeypatch.setattr("ferfusion.video.live_source._open_address", no_input)
    with pytest.raises(VideoError):
        app(["rtsp://camera/stream", "--bundle", str(bundle)], exit_on_error=False)
    assert opened == [("rtsp://camera/stream", None)]


@pytest.mark.parametrize(
    ("settings", "words"), [({"annotate": True}, "name one with out"), ({"window": -1}, "window must be")]
)
def test_webcam_refuses_settings_that_cannot_be_used(bundle, settings, words):
    with pytest.raises(ConfigError, match=words):
        webcam("0", model=bundle, **settings)
