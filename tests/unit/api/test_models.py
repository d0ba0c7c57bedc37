import numpy as np
import pytest
from PIL import Image

import ferfusion as fer
from helpers.videos import decode_plainly

GREY = np.full((3, 90, 120, 3), 90, np.uint8)


@pytest.fixture
def video(sample_corpus):
    return sample_corpus / "s06" / "happiness" / "s06_happiness_1.mp4"


def test_load_model_returns_a_loaded_model_as_it_is(model, trained):
    assert fer.load_model(model) is model
    assert fer.load_model(trained).path == trained.folder / "bundle.safetensors"


def test_load_model_refuses_a_missing_file_and_an_unknown_device(tmp_path):
    with pytest.raises(fer.BundleError, match="nowhere"):
        fer.load_model(tmp_path / "nowhere")
    with pytest.raises(fer.ConfigError, match="Unknown device 'gpu'"):
        fer.load_model(device="gpu")


def test_model_repr_has_classes_size_and_detector(model):
    classes, size = len(model.labels), model.prepare_recipe.size
    detector = model.prepare_recipe.detector
    assert repr(model) == f"Model({model.name!r}: {classes} classes, crops of {size} px, detector {detector})"


@pytest.mark.parametrize(
    ("inputs", "settings", "error", "words"),
    [
        (
            GREY,
            {},
            fer.ConfigError,
            r"Frames of shape \(3, 90, 120, 3\) need a frame rate; add it, such as fps=25",
        ),
        (GREY / 255, {"fps": 25}, fer.VideoError, "Frames must be uint8"),
        (GREY[0] / 255, {}, fer.VideoError, "An image must be uint8"),
        (3, {}, fer.ConfigError, "predict reads paths, arrays of frames and PIL images; got int"),
        ([], {}, fer.ConfigError, "needs at least one video"),
        ("no/such.mp4", {}, fer.VideoError, r"There is no file no/such\.mp4"),
        (GREY, {"fps": 25, "evry": "2"}, fer.ConfigError, r"Unknown setting 'evry'; .*Did you mean 'every'"),
        (GREY, {"fps": 25, "start": -1}, fer.ConfigError, "start must be 0 or more seconds"),
        (GREY, {"fps": "25"}, fer.VideoError, "fps must be a number of frames per second above 0, got '25'"),
        (GREY, {"fps": 1e-7}, fer.VideoError, "fps must be a number of frames per second above 0"),
        (np.zeros((90, 120, 4), np.uint8), {}, fer.VideoError, r"must be RGB.*got shape \(90, 120, 4\)"),
        (np.zeros((2, 90, 120, 1), np.uint8), {"fps": 25}, fer.VideoError, r"got shape \(2, 90, 120, 1\)"),
        ([GREY[0], GREY[1]], {"fps": 25}, fer.ConfigError, r"make one array with np\.stack"),
        ("", {}, fer.ConfigError, "A path must be text or a Path, got ''"),
    ],
)
def test_predict_refuses_an_input_in_one_line(model, inputs, settings, error, words):
    with pytest.raises(error, match=words) as raised:
        model.predict(inputs, **settings)
    assert "\n" not in str(raised.value)


def test_predict_reads_an_array_as_the_file_that_it_came_from(model, video):
    frames = np.stack([frame.to_ndarray(format="rgb24") for frame in decode_plainly(video)])
    by_file, by_array = model.predict(video), model.predict(frames, fps=25)
    columns = ["frame", "seconds", "face", "status"]
    assert by_array.table[columns].equals(by_file.table[columns])
    # RGB is turned into planes and back with a rounding error of a grey level, which moves boxes by a pixel
    # or two (1.14 on average here): the search of the whole image rounds, and the search near it resamples
    boxes = list("xywh")
    assert np.abs(by_array.table[boxes] - by_file.table[boxes]).to_numpy().mean() < 1.5
    probabilities = list(model.labels.probability_columns)
    assert np.abs(by_array.table[probabilities] - by_file.table[probabilities]).to_numpy().mean() < 0.05


def test_predict_reads_photographs_of_every_kind(model, video, tmp_path):
    frame = decode_plainly(video)[16]
    image = Image.fromarray(frame.to_ndarray(format="rgb24"))
    image.save(tmp_path / "a.png")
    deep = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    rotated = image.transpose(Image.Transpose.ROTATE_90)
    rotated.getexif()[0x0112] = 6  # viewers rotate it clockwise
    several = model.predict([tmp_path / "a.png", image, np.asarray(image), rotated, deep])
    assert len(several) == 5
    assert several.table["video"].tolist() == ["a.png", "image-1", "image-2", "image-3", "image-4"]
    assert set(several.table["status"]) == {"ok"}
    assert several.table["expression"].nunique() == 1
    assert [one.video for one in several[1:3]] == ["image-1", "image-2"]


def test_predict_reads_the_other_inputs_where_one_cannot_be_read(model, tmp_path):
    (tmp_path / "diary.mp4").write_text("dear diary")
    several = model.predict([tmp_path / "diary.mp4", GREY[0]])
    assert [one.video for one in several] == ["image-1"]
    [unread] = several.unread
    assert unread.name == "diary.mp4"
    assert unread.reason.startswith("Cannot open diary.mp4 as a video")


def test_predict_reads_the_other_files_where_some_are_damaged(model, real_data):
    odd = real_data / "odd"
    several = model.predict(
        [odd / "latin1_title.avi", odd / "tag_not_utf8.3gp", odd / "unknown_codec.webm", GREY[0]]
    )
    assert [one.video for one in several] == ["latin1_title.avi", "tag_not_utf8.3gp", "image-1"]
    assert [one.reason for one in several.unread] == [
        "unknown_codec.webm has a video track of an unknown codec"
    ]
    assert several[:1].unread == several.unread


def test_predict_reads_a_generator_as_a_list_and_a_file_named_twice_twice(model, tmp_path):
    Image.fromarray(GREY[0]).save(tmp_path / "a.png")
    assert len(model.predict(tmp_path.glob("*.png"))) == 1
    assert len(model.predict([tmp_path / "a.png"] * 2)) == 2
    assert len(model.predict([tmp_path / "a.png", tmp_path])) == 1


def test_predict_each_yields_each_input_as_soon_as_it_is_read(model, tmp_path):
    (tmp_path / "diary.mp4").write_text("dear diary")
    each = model.predict_each([GREY[0], tmp_path / "diary.mp4"])
    assert isinstance(next(each), fer.Prediction)
    assert isinstance(next(each), fer.UnreadVideo)
    assert next(each, None) is None


def test_predict_is_the_method_of_the_loaded_model(model):
    assert fer.predict(GREY, fps=25, model=model, every="2").table.equals(
        model.predict(GREY, fps=25, every="2").table
    )
