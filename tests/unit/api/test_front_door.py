"""What the front door says of wrong input, and what it offers."""

import pkgutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import ferfusion as fer
from helpers.datasets import write_dataset


def test_every_public_name_is_there_documented_and_listed():
    for name in fer.__all__:
        value = getattr(fer, name)
        assert name == "__version__" or value.__doc__.strip()
        assert name in dir(fer)
    with pytest.raises(AttributeError, match="has no attribute 'predcit'"):
        fer.predcit  # noqa: B018


@pytest.mark.parametrize("name", [name for name in fer.__all__ if name.islower() and name != "__version__"])
def test_no_module_hides_a_verb(name):
    assert name not in {module.name for module in pkgutil.iter_modules(fer.__path__)}


@pytest.mark.parametrize("value", [fer.Dataset, fer.Run])
def test_a_folder_that_is_none_is_refused_at_once(value, tmp_path):
    with pytest.raises(fer.DatasetError, match="nowhere"):
        value(str(tmp_path / "nowhere"))


def test_a_study_that_is_not_finished_says_so(tmp_path):
    with pytest.raises(fer.DatasetError, match="is not a finished study"):
        fer.Study(tmp_path)


def test_a_dataset_is_a_short_line_and_a_table(tmp_path):
    data = fer.Dataset(str(write_dataset(tmp_path / "data", frames=3)))
    assert repr(data) == (
        f"Dataset('{tmp_path / 'data'}': 36 videos, 6 subjects, 72 pairs, 6 classes, crops of 48 px)"
    )
    page = data._repr_html_()
    assert page.count("<tr") == 7
    assert "<td>Fear</td>" in page
    assert data == fer.Dataset(tmp_path / "data")
    with pytest.raises(AttributeError):
        data.folder = tmp_path


@pytest.fixture(scope="module")
def model():
    return fer.load_model(device="cpu")


GREY = np.full((3, 90, 120, 3), 90, np.uint8)


@pytest.mark.parametrize(
    ("inputs", "settings", "error", "words"),
    [
        (GREY, {}, fer.ConfigError, r"Frames of shape \(3, 90, 120, 3\) need their rate: add fps=25"),
        (GREY / 255, {"fps": 25}, fer.VideoError, "Frames must be uint8"),
        (GREY[0] / 255, {}, fer.VideoError, "An image must be uint8"),
        (3, {}, fer.ConfigError, "predict reads paths, arrays of frames and PIL images; got int"),
        ([], {}, fer.ConfigError, "needs at least one video"),
        ("no/such.mp4", {}, fer.VideoError, r"There is no file no/such\.mp4"),
        (GREY, {"fps": 25, "evry": "2"}, fer.ConfigError, r"Unknown setting 'evry'; .*Did you mean 'every'"),
        (GREY, {"fps": 25, "start": -1}, fer.ConfigError, "start must be 0 or more seconds"),
        (GREY, {"fps": "25"}, fer.VideoError, "fps must be a number of frames per second above 0, got '25'"),
        (GREY, {"fps": 1e-7}, fer.VideoError, "fps must be a number of frames per second above 0"),
        (np.zeros((90, 120, 4), np.uint8), {}, fer.VideoError, r"three colours.*got shape \(90, 120, 4\)"),
        (np.zeros((2, 90, 120, 1), np.uint8), {"fps": 25}, fer.VideoError, r"got shape \(2, 90, 120, 1\)"),
        ([GREY[0], GREY[1]], {"fps": 25}, fer.ConfigError, r"make one array with np\.stack"),
        ("", {}, fer.ConfigError, "A path must be text or a Path, got ''"),
    ],
)
def test_input_that_cannot_be_read_is_one_line(model, inputs, settings, error, words):
    with pytest.raises(error, match=words) as raised:
        model.predict(inputs, **settings)
    assert "\n" not in str(raised.value)


def test_an_array_is_read_as_the_file_it_came_from_and_written_if_asked(model, sample_corpus, tmp_path):
    from helpers.videos import decode_plainly

    path = sample_corpus / "s06" / "happiness" / "s06_happiness_1.mp4"
    frames = np.stack([frame.to_ndarray(format="rgb24") for frame in decode_plainly(path)])
    by_file, by_array = model.predict(path), model.predict(frames, fps=25)
    columns = ["frame", "seconds", "face", "status"]
    assert by_array.table[columns].equals(by_file.table[columns])
    # RGB is turned into planes and back with a rounding error of a grey level, which moves boxes by a pixel
    boxes = list("xywh")
    assert np.abs(by_array.table[boxes] - by_file.table[boxes]).to_numpy().mean() < 1
    probabilities = list(model.labels.probability_columns)
    assert np.abs(by_array.table[probabilities] - by_file.table[probabilities]).to_numpy().mean() < 0.05
    folder = by_array.save(str(tmp_path / "out"))
    assert {file.name for file in folder.iterdir()} == {
        "annotated.mp4",
        "frames.csv",
        "report.html",
        "verdict.json",
    }
    assert (tmp_path / "out" / "videos.csv").is_file()
    assert not (tmp_path / "out" / "s06_happiness_1").exists()


def test_photographs_of_every_kind_are_read(model, sample_corpus, tmp_path):
    from helpers.videos import decode_plainly

    frame = decode_plainly(sample_corpus / "s06" / "happiness" / "s06_happiness_1.mp4")[16]
    image = Image.fromarray(frame.to_ndarray(format="rgb24"))
    image.save(tmp_path / "a.png")
    deep = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    turned = image.transpose(Image.Transpose.ROTATE_90)
    turned.getexif()[0x0112] = 6  # to be shown turned clockwise
    several = model.predict([tmp_path / "a.png", image, np.asarray(image), turned, deep])
    assert len(several) == 5
    assert several.table["video"].tolist() == ["a.png", "image-1", "image-2", "image-3", "image-4"]
    assert set(several.table["status"]) == {"ok"}
    assert several.table["expression"].nunique() == 1
    assert [one.video for one in several[1:3]] == ["image-1", "image-2"]


def test_of_several_inputs_one_that_cannot_be_read_costs_nothing_but_itself(model, sample_corpus, tmp_path):
    (tmp_path / "diary.mp4").write_text("dear diary")
    several = model.predict([tmp_path / "diary.mp4", GREY[0]])
    assert [one.video for one in several] == ["image-1"]
    [unread] = several.unread
    assert unread.name == "diary.mp4"
    assert unread.reason.startswith("Cannot open diary.mp4 as a video")
    assert repr(several) == "Predictions(1 video, 1 could not be read)"


def test_files_that_are_damaged_in_their_own_ways_do_not_stop_the_others(model, real_data):
    odd = real_data / "odd"
    several = model.predict(
        [odd / "latin1_title.avi", odd / "tag_not_utf8.3gp", odd / "unknown_codec.webm", GREY[0]]
    )
    assert [one.video for one in several] == ["latin1_title.avi", "tag_not_utf8.3gp", "image-1"]
    assert [one.reason for one in several.unread] == [
        "unknown_codec.webm has a video track of an unknown codec"
    ]
    assert several[:1].unread == several.unread


def test_a_generator_is_a_list_and_a_file_that_is_named_twice_is_read_twice(model, tmp_path):
    Image.fromarray(GREY[0]).save(tmp_path / "a.png")
    assert len(model.predict(tmp_path.glob("*.png"))) == 1
    assert len(model.predict([tmp_path / "a.png"] * 2)) == 2
    assert len(model.predict([tmp_path / "a.png", tmp_path])) == 1


def test_tables_are_the_callers_to_change(model, tmp_path):
    seen = model.predict(GREY, fps=25)
    table = seen.table
    table["status"] = "changed"
    assert set(seen.table["status"]) == {"no_face"}
    data = fer.Dataset(write_dataset(tmp_path / "data", frames=3))
    pairs = data.pairs
    pairs["emotion"] = "Fear"
    assert data.pairs["emotion"].nunique() == 6


def test_values_stand_for_their_folders(tmp_path):
    data = fer.Dataset(write_dataset(tmp_path / "data", frames=3))
    assert fer.Dataset(data) == data
    settings = {"architecture": "flow", "epochs": 1, "head_units": 16}
    run = fer.train(data, tmp_path / "run", **settings)
    assert fer.Run(run) == run
    model = fer.load_model(run)
    assert model.path == tmp_path / "run" / "bundle.safetensors"
    assert fer.load_model(model) is model
    with pytest.raises(fer.ConfigError, match="compare needs two or more different runs"):
        fer.compare(run)
    with pytest.raises(fer.ConfigError, match="Unknown level 'vid'; choose one of pair, video"):
        fer.evaluate(run).confusion("test", "vid")
    with pytest.raises(fer.DatasetError, match="nope"):
        fer.export(run, tmp_path / "x.onnx", int8="nope")
    assert not list(tmp_path.glob("*.onnx"))


@pytest.mark.parametrize("verb", ["prepare", "study"])
def test_workers_are_at_least_one(verb, tmp_path):
    data = write_dataset(tmp_path / "data", frames=3)
    with pytest.raises(fer.ConfigError, match="workers must be at least 1, got 0"):
        getattr(fer, verb)(data, tmp_path / "out", workers=0)


def test_two_videos_of_one_name_are_told_apart_by_their_paths(model, tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        Image.fromarray(GREY[0]).save(tmp_path / folder / "x.png")
    several = model.predict(tmp_path)
    assert sorted(set(several.table["video"])) == [
        str(tmp_path / "a" / "x.png"),
        str(tmp_path / "b" / "x.png"),
    ]


@pytest.mark.slow
def test_a_script_needs_no_guard_around_its_work(sample_corpus, tmp_path):
    """The processes of a pool do not run the script again."""
    script = tmp_path / "script.py"
    script.write_text(
        "import shutil\n"
        "import ferfusion as fer\n"
        "print('begun')\n"
        "shutil.copytree(fer.sample_corpus() / 's01', 'corpus/s01')\n"
        "print(len(fer.prepare('corpus', 'data', workers=2, images=False).videos))\n"
    )
    done = subprocess.run(
        [sys.executable, script.name], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["begun", "12"]
    assert done.stderr == ""
