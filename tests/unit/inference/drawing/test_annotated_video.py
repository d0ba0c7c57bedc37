import av
import numpy as np
import pandas as pd
import pytest

from ferfusion.errors import VideoError
from ferfusion.inference.drawing.annotated_video import AnnotatedVideo, PredictionsByFrame
from ferfusion.inference.drawing.overlay import DrawnFace
from ferfusion.inference.predict_video import predict_video
from ferfusion.inference.recipe import PredictRecipe
from ferfusion.label_set import SIX
from ferfusion.video.reader import Frame, read_frames
from helpers.face_videos import face_images, face_video, frame_times, uneven_times
from helpers.predictors import BrightnessPredictor
from helpers.videos import decode_plainly, flat, numbered, sound_length, write_video

FRAMES = 20


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """A face for 20 frames, with sound."""
    path = tmp_path_factory.mktemp("videos") / "face.mp4"
    return face_video(path, FRAMES, seconds=uneven_times(FRAMES), sound_seconds=1.2)


@pytest.fixture(scope="module")
def done(tmp_path_factory, video):
    return predict_video(video, BrightnessPredictor(), tmp_path_factory.mktemp("out"))


def test_annotated_video_has_the_frames_times_and_sound_of_the_original(done, video):
    annotated = done.folder / "annotated.mp4"
    assert frame_times(annotated) == pytest.approx(frame_times(video), abs=1 / 90_000)
    assert sound_length(annotated) == pytest.approx(sound_length(video), abs=0.03)
    with av.open(str(annotated)) as container:
        track = container.streams.video[0]
        assert (track.codec_context.name, track.pix_fmt) == ("h264", "yuv420p")


def test_annotated_video_shows_the_frame_and_a_strip_below(done):
    images = face_images(FRAMES)
    height, width = images[0].shape[:2]
    for frame, image in zip(read_frames(done.folder / "annotated.mp4"), images, strict=True):
        drawn = frame.rgb()
        assert drawn.shape[1] == width
        assert drawn.shape[0] > height
        assert np.median(abs(drawn[:height].astype(int) - image)) < 8


def test_annotated_video_has_every_frame_whatever_every_is(tmp_path, video):
    prediction = predict_video(video, BrightnessPredictor(), tmp_path, PredictRecipe(every="10"))
    assert frame_times(prediction.folder / "annotated.mp4") == pytest.approx(frame_times(video), abs=1e-4)


def frame_of(image, seconds=0.0):
    return Frame(0, seconds, av.VideoFrame.from_ndarray(image, format="rgb24"))


def table_of(*rows):
    """A frame table from (frame, face, status, name); a face of None is a frame without one."""
    return pd.DataFrame(
        {
            "frame": [row[0] for row in rows],
            "face": pd.array([row[1] for row in rows], dtype="Int64"),
            "status": [row[2] for row in rows],
            **dict.fromkeys("xywh", 1.0),
            "smoothed": [row[3] for row in rows],
        }
    )


def test_predictions_by_frame_are_those_of_the_last_predicted_frame():
    table = table_of((2, 1, "ok", "Fear"), (2, 0, "ok", "Anger"), (5, None, "no_face", None))
    predictions = PredictionsByFrame(table, np.eye(6, dtype=np.float32)[:3])
    for frame in (2, 3, 4):
        faces, status = predictions.at(frame)
        assert [(face.face, face.expression) for face in faces] == [(0, "Anger"), (1, "Fear")]
        assert faces[0].probabilities.argmax() == 1
        assert status == "ok"
    assert predictions.at(6) == ([], "no_face")


def test_annotated_video_has_the_colours_of_its_source(tmp_path):
    source = write_video(tmp_path / "a.mp4", numbered(3), bt709=True)
    with AnnotatedVideo(tmp_path / "b.mp4", SIX) as written:
        for frame in read_frames(source):
            written.write(frame, [], status="no_face")
    assert decode_plainly(tmp_path / "b.mp4")[0].colorspace == 1


def test_annotated_video_that_fails_leaves_the_old_file(tmp_path, video):
    def write_and_break_off():
        with AnnotatedVideo(tmp_path / "a.mp4", SIX) as written:
            written.write(next(read_frames(video)), [], status="no_face")
            raise VideoError("the video breaks off")

    (tmp_path / "a.mp4").write_text("old")
    with pytest.raises(VideoError, match="breaks off"):
        write_and_break_off()
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]
    assert (tmp_path / "a.mp4").read_text() == "old"


def test_annotated_video_starts_at_the_start_of_the_prediction(tmp_path):
    with AnnotatedVideo(tmp_path / "a.mp4", SIX, start=2.0) as video:
        for seconds in (2.0, 2.5):
            video.write(frame_of(flat(64, 96, (90, 90, 90)), seconds), [], status="no_face")
    assert frame_times(tmp_path / "a.mp4") == pytest.approx([0, 0.5], abs=1e-4)
    assert len(decode_plainly(tmp_path / "a.mp4")) == 2


def test_annotated_video_scales_a_frame_of_another_size_and_its_boxes(tmp_path):
    """A call that changes from 160x120 to 80x60 shows the same image, and the box is at the same place."""
    large, small = (flat(height, 2 * height, [120] * 3) for height in (120, 60))
    certain = np.eye(6, dtype=np.float32)[2]
    with AnnotatedVideo(tmp_path / "a.mp4", SIX) as written:
        written.write(frame_of(large), [DrawnFace(0, (40, 40, 60, 60), "Fear", certain)], status="ok")
        written.write(frame_of(small, 0.04), [DrawnFace(0, (20, 20, 30, 30), "Fear", certain)], status="ok")
    first, second = (frame.rgb().astype(int) for frame in read_frames(tmp_path / "a.mp4"))
    assert abs(first - second).mean() < 1


def test_annotated_video_scales_a_strip_to_the_longest_side_that_can_be_encoded(tmp_path):
    with AnnotatedVideo(tmp_path / "a.mp4", SIX) as written:
        written.write(frame_of(flat(32, 17_376, [120] * 3)), [], status="no_face")
    with av.open(tmp_path / "a.mp4") as container:
        assert container.streams.video[0].width == 8688


@pytest.mark.parametrize("size", [(48, 64), (48, 1280), (49, 641)])
def test_annotated_video_of_images_has_their_colours(tmp_path, size):
    """Players take BT.709 for a width from 1,280 on; the file's tag says which matrix its pixels have."""
    colours = [(200, 40, 40), (40, 180, 60), (60, 60, 200)]
    with AnnotatedVideo(tmp_path / "a.mp4", SIX) as written:
        for number, colour in enumerate(colours):
            written.write(frame_of(flat(size[0], size[1], colour), 0.04 * number), [], status="no_face")
    for frame, colour in zip(read_frames(tmp_path / "a.mp4"), colours, strict=True):
        shown = frame.rgb()[: size[0], : size[1]].astype(int)
        assert abs(np.median(shown, axis=(0, 1)) - colour).max() <= 4
