"""Rendering with the real head model."""

import av
import cv2
import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file

from ferfusion.synthesis.actions import ACTIONS
from ferfusion.synthesis.corpus import write_corpus
from ferfusion.synthesis.head import Material, load_head
from ferfusion.synthesis.recipe import SynthesisRecipe

pytest.importorskip("anny.paths")
pytestmark = pytest.mark.slow
RECIPE = SynthesisRecipe(subjects=1, clips=1, frames=14, size=144, seed=11)


@pytest.fixture(scope="module")
def head(head_model_cache):
    return load_head()


@pytest.fixture(scope="module")
def corpus(head, tmp_path_factory):
    root = tmp_path_factory.mktemp("corpus")
    paths = list(write_corpus(root, RECIPE, with_flow=True, head=head))
    assert len(paths) == 6
    return root


def decode(path):
    with av.open(str(path)) as video:
        return [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]


def moved(head, action):
    return head.actions_m[ACTIONS.index(action)]


def test_actions_do_what_their_names_say(head):
    x, y, z = head.template_cm.T
    front = y < -10
    chin = front & (z < 63.5) & (z > 62) & (np.abs(x) < 1)
    assert moved(head, "jawOpen")[chin, 2].mean() < -0.01
    corner = front & (np.hypot(x - 2.5, z - 66.0) < 0.6)
    assert moved(head, "mouthSmileLeft")[corner, 0].mean() > 0.002
    assert moved(head, "mouthSmileLeft")[corner, 2].mean() > 0.002
    assert np.abs(moved(head, "mouthSmileRight")[corner]).max() < 0.002
    brow = front & (np.hypot(x - 1.5, z - 74.8) < 0.8)
    assert moved(head, "browInnerUp")[brow, 2].mean() > 0.002
    assert moved(head, "browDownLeft")[brow, 2].mean() < -0.001


def test_a_shaped_head_looks_ahead_from_between_its_eyes(head):
    neutral = head.shaped({"age": 0.7, "gender": 1.0}, {"nose-hump-incr": 0.5})
    eyes = neutral[head.vertices_of(Material.EYE)]
    np.testing.assert_allclose(eyes.mean(axis=0), 0, atol=1e-6)
    nose_tip = neutral[neutral[:, 1].argmin()]
    assert abs(nose_tip[0]) < 0.005
    assert -0.06 < nose_tip[2] < -0.02
    assert 0.05 < np.ptp(eyes[:, 0]) < 0.12


def test_the_same_recipe_gives_the_same_files(corpus, head, tmp_path):
    list(write_corpus(tmp_path, RECIPE, with_flow=True, head=head))
    names = sorted(path.relative_to(corpus) for path in corpus.rglob("*") if path.is_file())
    assert len(names) == 6 + 6 + 3
    for name in names:
        assert (tmp_path / name).read_bytes() == (corpus / name).read_bytes(), name


def test_a_second_run_renders_only_what_is_missing(corpus, head):
    path = corpus / "s01" / "fear" / "s01_fear_1.mp4"
    before = path.read_bytes()
    path.unlink()
    assert list(write_corpus(corpus, RECIPE, head=head)) == [path]
    assert path.read_bytes() == before


def test_haar_finds_the_face_in_nearly_every_frame(corpus):
    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")
    pictures = [picture for path in sorted(corpus.rglob("*.mp4")) for picture in decode(path)]
    assert len(pictures) == 6 * RECIPE.frames
    found = [
        len(cascade.detectMultiScale(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), 1.1, 4, minSize=(40, 40))) > 0
        for picture in pictures
    ]
    assert np.mean(found) >= 0.95


def test_the_tables_describe_the_frames(corpus):
    frames = pd.read_csv(corpus / "truth" / "frames.csv")
    assert len(frames) == 6 * RECIPE.frames
    happy = frames[frames["label"] == "Happiness"]
    assert (
        happy["mouthSmileLeft"].idxmax() in happy.index[happy["intensity"] > 0.9 * happy["intensity"].max()]
    )
    assert happy["browInnerUp"].max() == 0


def test_the_true_flow_carries_the_next_frame_back_onto_this_one(corpus):
    """Warped back by the true flow, frame t+1 is nearer to frame t than by less or more of it, or by none."""
    errors = {share: [] for share in (0.0, 0.5, 1.0, 1.5)}
    columns, rows = np.meshgrid(np.arange(RECIPE.size), np.arange(RECIPE.size))
    for path in sorted(corpus.rglob("*.mp4")):
        truth = load_file(corpus / "truth" / "flow" / path.relative_to(corpus).with_suffix(".safetensors"))
        pictures = [cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32) for picture in decode(path)]
        for t, mask in enumerate(truth["face_mask"]):
            u, v = truth["flow"][t].astype(np.float64)
            inner = cv2.erode(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
            if np.hypot(u, v)[inner].mean() < 0.4:  # too little to tell from the blur of interpolation
                continue
            for share, found in errors.items():
                at = [(columns + share * u).astype(np.float32), (rows + share * v).astype(np.float32)]
                warped = cv2.remap(pictures[t + 1], *at, cv2.INTER_CUBIC)
                found.append(np.abs(warped - pictures[t])[inner].mean())
    assert len(errors[1.0]) >= 10
    mean = {share: float(np.mean(found)) for share, found in errors.items()}
    assert mean[1.0] < 0.6 * mean[0.0]
    assert mean[1.0] < 0.85 * min(mean[0.5], mean[1.5])
