"""The corpus that comes with the package: what it promises, without the package that made it."""

import json
from importlib.resources import files
from pathlib import Path

import av
import cv2
import numpy as np
import pandas as pd
import pytest
from cv2.data import haarcascades

from ferfusion.label_set import SIX
from ferfusion.synthesis.corpus import perform, takes
from ferfusion.synthesis.recipe import SynthesisRecipe

SAMPLE = Path(str(files("ferfusion") / "sample"))
CASCADES = ("haarcascade_frontalface_default.xml", "haarcascade_frontalface_alt2.xml")


@pytest.fixture(scope="module")
def clips():
    return pd.read_csv(SAMPLE / "corpus.csv")


@pytest.fixture(scope="module")
def frames():
    return pd.read_csv(SAMPLE / "truth" / "frames.csv")


def test_sample_is_balanced_and_small(clips):
    assert clips["subject"].nunique() >= 16
    assert set(clips["label"]) == set(SIX.names)
    assert (clips.groupby(["subject", "label"]).size() >= 2).all()
    assert sum(path.stat().st_size for path in SAMPLE.rglob("*") if path.is_file()) < 6_000_000


def test_sample_table_lists_exactly_the_videos(clips):
    assert sorted(clips["path"]) == sorted(
        path.relative_to(SAMPLE).as_posix() for path in SAMPLE.rglob("*.mp4")
    )
    for path, label, subject in clips[["path", "label", "subject"]].itertuples(index=False):
        assert Path(path).parts[:2] == (subject, label.lower())


def test_sample_was_made_by_the_recipe_that_it_names(clips):
    """Tables made again from the recipe are those in the folder, so the command still makes this corpus."""
    recipe = SynthesisRecipe(**json.loads((SAMPLE / "corpus.json").read_text())["recipe"])
    assert recipe == SynthesisRecipe()
    planned = takes(recipe)
    assert [take.path.as_posix() for take in planned] == list(clips["path"])
    np.testing.assert_allclose(
        clips["peak_intensity"], [perform(take, recipe).peak for take in planned], atol=1e-3
    )


def test_sample_has_a_row_for_every_frame(clips, frames):
    counted = frames.groupby("path").agg(frames=("frame", "size"), label=("label", "first"))
    pd.testing.assert_series_equal(
        counted["frames"].loc[clips["path"]], clips.set_index("path")["frames"], check_names=False
    )
    assert list(counted["label"].loc[clips["path"]]) == list(clips["label"])
    weights = frames.drop(columns=["path", "label", "subject", "frame"])
    assert weights.min().min() >= 0
    assert weights.max().max() <= 1


def test_sample_starts_neutral_and_reaches_the_peak(clips, frames):
    curves = frames.pivot_table(index="path", columns="frame", values="intensity")
    assert (curves[0] == 0).all()
    np.testing.assert_allclose(curves.max(axis=1).loc[clips["path"]], clips["peak_intensity"], atol=0.02)


def test_sample_shows_the_class_in_the_face_only(frames):
    """Mean timing, blinks and gaze of a class are within what chance gives between classes."""
    for column in ("intensity", "eyeBlinkLeft", "eyeLookDownLeft", "eyeLookOutLeft"):
        of_clip = frames.groupby(["label", "path"])[column].mean()
        between = of_clip.groupby("label").mean().std()
        by_chance = of_clip.std() / np.sqrt(len(of_clip) / 6)
        assert between < 2 * by_chance, column


def test_sample_videos_are_h264_at_25_fps_and_haar_detects_the_face(clips):
    cascades = [cv2.CascadeClassifier(haarcascades + name) for name in CASCADES]
    found = []
    for row in clips.iloc[::9].itertuples():
        with av.open(str(SAMPLE / row.path)) as video:
            stream = video.streams.video[0]
            assert stream.codec_context.name == "h264"
            assert stream.pix_fmt == "yuv420p"
            assert stream.average_rate == row.fps == 25
            images = [frame.to_ndarray(format="gray") for frame in video.decode(video=0)]
        assert len(images) == row.frames
        found += [
            [len(cascade.detectMultiScale(image, 1.1, 4, minSize=(64, 64))) > 0 for cascade in cascades]
            for image in images[::4]
        ]
    assert len(found) > 150
    assert (np.mean(found, axis=0) >= 0.95).all()


def test_sample_states_its_rights_and_how_it_was_made():
    about = json.loads((SAMPLE / "corpus.json").read_text())
    assert "CC0" in about["rights"]
    readme = (SAMPLE / "README.txt").read_text()
    assert "ferfusion synthesize" in readme
    assert "CC0" in readme
