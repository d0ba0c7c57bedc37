import shutil

import pandas as pd
import pytest
from cyclopts import App

from ferfusion.bundle import Bundle, save_bundle
from ferfusion.cli.predict import predict
from ferfusion.errors import ConfigError, VideoError
from ferfusion.inference.recipe import PredictRecipe
from ferfusion.label_set import SIX
from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from ferfusion.preparation.recipe import PrepareRecipe
from helpers.photographs import grey, write_photograph


@pytest.fixture
def bundle(tmp_path):
    config = ModelConfig(architecture="spatial")
    weights = build_model(config, 6).state_dict()
    save_bundle(tmp_path / "b.safetensors", Bundle(weights, config, SIX, PrepareRecipe(), {}, {}, "none"))
    return tmp_path / "b.safetensors"


@pytest.fixture
def folder(tmp_path, sample_corpus):
    """Two videos, and a file that is none."""
    videos = sorted(sample_corpus.rglob("*.mp4"))[:2]
    (tmp_path / "in" / "deep").mkdir(parents=True)
    shutil.copy(videos[0], tmp_path / "in" / "one.mp4")
    shutil.copy(videos[1], tmp_path / "in" / "deep" / "two.mp4")
    (tmp_path / "in" / "diary.mp4").write_text("dear diary")
    return tmp_path / "in"


@pytest.fixture
def run():
    app = App(default_command=predict, result_action="return_value")
    return lambda *words: app([str(word) for word in words], exit_on_error=False)


def test_predict_reads_a_folder_and_prints_what_cannot_be_read(run, folder, bundle, tmp_path, capsys):
    out = tmp_path / "out"
    with pytest.raises(VideoError, match=r"1 of 3 files could not be read; .*videos\.csv has the reasons"):
        run(folder, "--bundle", bundle, "--out", out, "--no-annotate")
    printed = " ".join(capsys.readouterr().out.split())
    assert "diary.mp4 (2 of 3)" in printed or "one.mp4 (3 of 3)" in printed
    assert "diary.mp4: Cannot open diary.mp4 as a video" in printed
    assert "one.mp4: Face 0" in printed
    table = pd.read_csv(out / "videos.csv").set_index("folder")
    assert table["status"].to_dict() == {"two": "ok", "diary": "unreadable", "one": "ok"}
    assert (out / "one" / "report.html").is_file()
    assert not (out / "one" / "annotated.mp4").exists()


def test_predict_reads_a_list_of_paths_and_resumes(run, folder, bundle, tmp_path, capsys):
    listed = tmp_path / "list.txt"
    listed.write_bytes(f"{folder / 'one.mp4'}\r\n\r\n{folder / 'deep'}\n".encode())
    for _ in range(2):
        run("--list", listed, "--bundle", bundle, "--out", tmp_path / "out", "--no-annotate")
    assert sorted(pd.read_csv(tmp_path / "out" / "videos.csv")["folder"]) == ["one", "two"]
    printed = capsys.readouterr().out
    assert printed.count("one.mp4: Face 0") == printed.count("two.mp4: Face 0") == 1
    with pytest.raises(ConfigError, match="cannot be read"):
        run("--list", tmp_path / "none.txt", "--bundle", bundle, "--out", tmp_path / "out")


def test_predict_has_the_settings_of_its_recipe_as_options(run, folder, bundle, tmp_path):
    video, out = folder / "one.mp4", tmp_path / "out"
    run(video, "--bundle", bundle, "--out", out, "--every", 4, "--end", 0.8, "--smoothing", "causal")
    table = pd.read_csv(out / "one" / "frames.csv")
    assert table["frame"].tolist() == [0, 4, 8, 12, 16]
    reading = PredictRecipe(every="4", end=0.8, smoothing="causal").in_words
    assert reading in (out / "one" / "report.html").read_text()


def test_predict_prints_a_line_for_every_frame(run, folder, bundle, tmp_path, capsys):
    run(folder / "one.mp4", "--bundle", bundle, "--out", tmp_path / "out", "--every", 8, "--print-frames")
    printed = capsys.readouterr().out
    assert "Frame: 0/24 Face: 0 Out: " in printed
    assert "(1 of 1)" not in printed


def test_predict_refuses_an_empty_folder_and_a_wrong_setting_before_writing(run, tmp_path, bundle):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="There is no video or photograph in the folder"):
        run(tmp_path / "empty", "--bundle", bundle, "--out", tmp_path / "out")
    with pytest.raises(ConfigError, match="every must be a number of frames"):
        run(tmp_path / "empty", "--bundle", bundle, "--out", tmp_path / "out", "--every", "often")
    assert not (tmp_path / "out").exists()


def test_predict_takes_the_model_file_of_the_detector(run, folder, tmp_path, monkeypatch):
    monkeypatch.setenv("FERFUSION_DETECTOR_MODEL", "")
    model = tmp_path / "yunet.onnx"
    model.write_bytes(b"another model")
    config = ModelConfig(architecture="spatial")
    recipe = PrepareRecipe(detector="yunet", detector_sha256="0" * 64)
    bundle = Bundle(build_model(config, 6).state_dict(), config, SIX, recipe, {}, {}, "none")
    save_bundle(tmp_path / "y.safetensors", bundle)
    line = [folder / "one.mp4", "--bundle", tmp_path / "y.safetensors", "--out", tmp_path / "out"]
    with pytest.raises(ConfigError, match="names none"):
        run(*line)
    with pytest.raises(ConfigError, match=r"detector_model names .*yunet\.onnx, whose SHA-256 is"):
        run(*line, "--detector-model", model)


def test_predict_prints_the_page_of_all_photographs_once(run, bundle, tmp_path, capsys):
    for name in ("a.png", "b.png"):
        write_photograph(tmp_path / "in" / name, grey(90))
    (tmp_path / "in" / "torn.jpg").write_bytes(b"no image")
    with pytest.raises(VideoError, match="1 of 3 files could not be read"):
        run(tmp_path / "in", "--bundle", bundle, "--out", tmp_path / "out")
    printed = " ".join(capsys.readouterr().out.split())
    assert "a.png: No face was found in the photograph, so no expression is given." in printed
    assert "torn.jpg: not an image that can be read" in printed
    assert printed.count("photographs/report.html") == 1


def test_predict_reads_and_writes_addresses_and_resumes(run, folder, bundle, tmp_path, capsys):
    listed = tmp_path / "list.txt"
    listed.write_text(f"file://{folder}/deep/two.mp4\n")
    out = f"file://{tmp_path}/out"
    words = (f"file://{folder}/one.mp4", "--list", listed, "--bundle", bundle, "--out", out, "--no-annotate")
    run(*words)
    printed = " ".join(capsys.readouterr().out.split())
    assert f"{out}/one/report.html" in printed
    assert f"A line for every video: {out}/videos.csv" in printed
    table = pd.read_csv(tmp_path / "out" / "videos.csv").set_index("folder")
    assert table["status"].to_dict() == {"one": "ok", "two": "ok"}
    assert table["video"].tolist() == [f"file://{folder}/one.mp4", f"file://{folder}/deep/two.mp4"]
    run(*words)
    assert "Face 0" not in capsys.readouterr().out


def test_predict_says_why_an_address_cannot_be_read(run, bundle, tmp_path, capsys):
    inputs = ("zzz://bucket/a.mp4", f"file://{tmp_path}/gone.mp4")
    with pytest.raises(VideoError, match="2 of 2 files could not be read"):
        run(*inputs, "--bundle", bundle, "--out", tmp_path / "out")
    printed = " ".join(capsys.readouterr().out.split())
    assert "a.mp4: Unknown scheme zzz:// of zzz://bucket/a.mp4" in printed
    assert "there is no such file" in printed
    with pytest.raises(ConfigError, match="web server"):
        run("a.mp4", "--bundle", bundle, "--out", "https://host/out")
