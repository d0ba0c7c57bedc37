"""The script that makes the network of facial actions: augmentation, scale, a training of one epoch."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from ferfusion.actions.names import ACTIONS

SCRIPTS = Path(__file__).parents[2] / "examples" / "action_network"


@pytest.fixture(autouse=True)
def scripts(monkeypatch):
    monkeypatch.syspath_prepend(SCRIPTS)
    yield
    for name in ("augment", "faces", "fit", "gather", "report"):
        sys.modules.pop(name, None)


def wide_line():
    """A wide crop with a white line from its middle upwards."""
    image = np.zeros((80, 80, 3), np.uint8)
    image[8:40, 39:41] = 255
    return image


def test_image_is_rotated_clockwise_by_the_angle_that_is_added_to_roll():
    import augment

    wide = torch.from_numpy(wide_line()[None]).permute(0, 3, 1, 2).float() / 255
    [crop] = augment._sample(wide, torch.tensor([20.0]), torch.ones(1), torch.zeros(1, 2))
    rows, columns = np.nonzero(crop[0].numpy() > 0.5)
    top = rows < 12
    # 20 degrees to the right of straight up
    assert columns[top].mean() - 31.5 == pytest.approx(
        np.tan(np.deg2rad(20)) * (31.5 - rows[top].mean()), abs=1
    )


def test_mirrored_face_has_the_actions_of_the_other_side_and_the_opposite_yaw(monkeypatch):
    import augment

    monkeypatch.setattr(augment, "_ROTATE_DEGREES", 0.0)
    weights = torch.zeros(64, len(ACTIONS))
    weights[:, ACTIONS.index("mouthSmileLeft")] = 1
    pose = torch.tensor([[10.0, 5.0, 3.0]]).repeat(64, 1)
    images = np.repeat(wide_line()[None], 64, axis=0)
    _, changed, poses = augment.augmented(images, weights, pose, np.random.default_rng(0))
    mirrored = changed[:, ACTIONS.index("mouthSmileRight")] == 1
    assert 20 < int(mirrored.sum()) < 44
    assert (poses[mirrored] == torch.tensor([-10.0, 5.0, -3.0])).all()
    assert (poses[~mirrored] == pose[~mirrored]).all()


def test_scale_is_fitted_where_the_teacher_follows_the_truth():
    from faces import Faces
    from fit import Scale

    rng = np.random.default_rng(0)
    true = rng.random((500, 52)).astype(np.float32)
    pose = rng.normal(0, 10, (500, 3)).astype(np.float32)
    answers = rng.random((500, 52)).astype(np.float32)
    answers[:, 0] = true[:, 0] / 2 + 0.1
    images, people = np.zeros((500, 1), np.uint8), np.zeros(500, np.int64)
    scale = Scale.fitted(Faces(images, true, pose, people), Faces(images, answers, pose, people))
    assert scale.slope[0] == pytest.approx(2, abs=1e-3)
    assert scale.start[0] == pytest.approx(-0.2, abs=1e-3)
    assert np.isnan(scale.slope[1:52]).all()
    scaled = scale.applied(Faces(images, answers, pose, people))
    assert scaled.weights[:, 0] == pytest.approx(true[:, 0], abs=1e-3)
    assert np.isnan(scaled.weights[:, 1]).all()


@pytest.mark.slow
def test_training_that_is_complete_is_read_again(tmp_path):
    from faces import Faces
    from fit import answers_of, train

    rng = np.random.default_rng(1)
    bright = rng.random(256).astype(np.float32)
    images = np.broadcast_to((bright * 255).astype(np.uint8)[:, None, None, None], (256, 80, 80, 3)).copy()
    weights = np.full((256, 52), np.nan, np.float32)
    weights[:, 0] = bright
    faces = Faces(images, weights, np.zeros((256, 3), np.float32), np.arange(256))
    network = train(faces, faces, tmp_path / "last.pt", epochs=1)
    again = train(faces, faces, tmp_path / "last.pt", epochs=1)  # complete: nothing is trained
    assert np.array_equal(answers_of(network, faces), answers_of(again, faces))
    assert answers_of(network, faces).shape == (256, 55)


def test_folder_of_other_faces_or_another_schedule_is_refused(tmp_path):
    from gather import check_same

    stills = tmp_path / "stills"
    stills.mkdir()
    (stills / "dataset.json").write_text('{"identity": "a"}')
    (stills / "splits.csv").write_text("clip,part\n")
    photographs = tmp_path / "faces.zip"
    photographs.write_bytes(b"faces")
    for _ in range(2):
        check_same(tmp_path / "work", stills=stills, photographs=photographs, epochs=12)
    photographs.write_bytes(b"others")
    with pytest.raises(SystemExit, match=r"work was begun with other photographs, epochs; name a new folder"):
        check_same(tmp_path / "work", stills=stills, photographs=photographs, epochs=2)
