"""Real videos: frames, times, shapes, colours and sound against values measured once with FFmpeg 5.1."""

from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pytest

from ferfusion.errors import VideoError
from ferfusion.inference.predict_video import predict_video
from ferfusion.inference.recipe import PredictRecipe
from ferfusion.video.reader import read_frames, read_info
from ferfusion.video.writer import VideoWriter
from helpers.predictors import BrightnessPredictor
from helpers.videos import decode_plainly, sound_length


class Truth(NamedTuple):
    """What ffprobe says: frames, best-effort times of the first and last from the start, size, mean rate."""

    frames: int
    first: float
    last: float
    size: tuple[int, int]
    rate: float


TRUTHS = MappingProxyType(
    {
        "odd/bt709_full_range.mp4": Truth(30, 0, 0.966667, (1280, 720), 30),
        "odd/latin1_title.avi": Truth(32, 0, 1.24, (176, 176), 25),
        "odd/mp3_in_avi.avi": Truth(96, 0, 4.045708, (960, 400), 23.976),
        "odd/starts_late.ts": Truth(3, 1.433367 - 1.422456, 1.500100 - 1.422456, (640, 426), 29.97),
        "odd/tag_not_utf8.3gp": Truth(71, 0.128, 5.084, (384, 288), 14.143),  # 352 pixels of 12:11
        "clips/1001_DFA_ANG_XX.flv": Truth(67, 0.027, 2.229, (480, 360), 29.97),
        "clips/1001_DFA_HAP_XX.flv": Truth(56, 0.027, 1.862, (480, 360), 29.97),
        "clips/1001_DFA_SAD_XX.flv": Truth(60, 0.027, 1.995, (480, 360), 29.97),
        "clips/WolfgangLanger_Pexels.mp4": Truth(472, 0, 19.644625, (640, 360), 23.976),
        "clips/cap13_edit2.mp4": Truth(765, 0, 30.56, (400, 300), 25),
        "clips/face_noface.mov": Truth(169, 0, 6.360352, (960, 540), 26.398),
        "clips/no_face.mp4": Truth(95, 0, 3.916667, (960, 540), 23.672),
        "clips/noface_face.mov": Truth(169, 0, 6.345296, (960, 540), 26.495),
        "clips/obama_speech.mp4": Truth(105, 0, 8.666667, (320, 240), 11.936),
        "clips/single_face.mp4": Truth(72, 0, 2.366667, (640, 360), 30),
    }
)


@pytest.mark.parametrize("name", TRUTHS)
def test_read_frames_of_a_real_video_are_those_of_ffprobe(real_data, name):
    truth = TRUTHS[name]
    shown, sizes = [], set()
    for frame in read_frames(real_data / name):
        assert not frame.error
        shown.append(frame.seconds)
        sizes.add(frame.luma.shape[::-1])
    assert len(shown) == truth.frames
    assert (shown[0], shown[-1]) == pytest.approx((truth.first, truth.last), abs=2e-6)
    assert np.diff(shown).min() > 0
    assert sizes == {truth.size}
    assert float(read_info(real_data / name).rate) == pytest.approx(truth.rate, abs=1e-3)


def test_read_frames_of_a_real_video_without_a_decodable_frame(real_data):
    frames = list(read_frames(real_data / "odd" / "invalid_bitstream.webm"))
    assert len(frames) == 51
    assert all(frame.error for frame in frames)


def test_read_frames_of_an_unknown_codec_is_refused_in_one_line(real_data):
    with pytest.raises(VideoError, match=r"^unknown_codec\.webm has a video track of an unknown codec$"):
        next(read_frames(real_data / "odd" / "unknown_codec.webm"))


def test_written_colours_of_bt709_full_range_are_those_of_the_source(real_data, tmp_path):
    """By an own conversion of both files; without the tags, it was 9 grey levels off."""
    frame = next(read_frames(real_data / "odd" / "bt709_full_range.mp4"))
    with VideoWriter(tmp_path / "a.mp4", width=1280, height=720, colour=frame.colour, crf=5) as writer:
        writer.write(frame.rgb())
    source = bt709_to_rgb(
        decode_plainly(real_data / "odd" / "bt709_full_range.mp4")[0], black=0, span=255, chroma=255
    )
    written = bt709_to_rgb(decode_plainly(tmp_path / "a.mp4")[0], black=16, span=219, chroma=224)
    assert abs(written - source).mean() < 2


def bt709_to_rgb(image, *, black, span, chroma):
    """ITU-R BT.709-6, at half the size: one colour for each chroma pixel."""
    rows = [
        np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size).astype(float) for plane in image.planes
    ]
    halves = (image.height // 2, image.width // 2)
    luma = rows[0][: image.height, : image.width].reshape(halves[0], 2, halves[1], 2).mean(axis=(1, 3))
    luma = (luma - black) / span
    blue, red = ((plane[: halves[0], : halves[1]] - 128) / chroma for plane in rows[1:])
    r, b = luma + 1.5748 * red, luma + 1.8556 * blue
    return 255 * np.clip(np.stack([r, (luma - 0.2126 * r - 0.0722 * b) / 0.7152, b]), 0, 1)


@pytest.mark.parametrize(
    ("name", "seconds"), [("mp3_in_avi.avi", 4.08), ("starts_late.ts", 0.104), ("tag_not_utf8.3gp", 5.248)]
)
def test_sound_of_a_real_video_is_written_whole(real_data, tmp_path, name, seconds):
    source = real_data / "odd" / name
    with VideoWriter(tmp_path / "a.mp4", width=64, height=48, audio_from=source) as writer:
        for frame in read_frames(source):
            writer.write(np.zeros((48, 64, 3), np.uint8), seconds=frame.seconds)
    assert writer.sound_left_out == ""
    assert sound_length(tmp_path / "a.mp4") == pytest.approx(seconds, abs=0.05)
    assert len(decode_plainly(tmp_path / "a.mp4")) == TRUTHS[f"odd/{name}"].frames


def test_predict_video_with_sound_that_cannot_be_copied_has_all_its_files(real_data, tmp_path):
    prediction = predict_video(
        real_data / "odd" / "mp3_in_avi.avi", BrightnessPredictor(), tmp_path, PredictRecipe(end=0.5)
    )
    assert prediction.sound_left_out == ""
    assert {path.name for path in tmp_path.iterdir()} == {
        "frames.csv", "onsets.csv", "verdict.json", "annotated.mp4", "report.html"
    }  # fmt: skip
    assert sound_length(tmp_path / "annotated.mp4") == pytest.approx(0.5, abs=0.06)
