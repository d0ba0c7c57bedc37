import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from ferfusion.actions.names import ACTIONS
from ferfusion.actions.small import SmallEstimator
from ferfusion.actions.small_network import ActionNetwork
from ferfusion.errors import ConfigError
from ferfusion.faces.tracks import TrackedFace, TrackedFrame
from ferfusion.video.footage import frames_in_memory


@pytest.fixture
def weights(tmp_path):
    """A file of a network that answers by how red the crop is: 0.8 for each action of a red one."""
    tensors = {
        name: torch.zeros_like(tensor) for name, tensor in ActionNetwork(folded=True).state_dict().items()
    }
    tensors["features.0.0.weight"][0, 0, 1, 1] = 1
    for layer in (2, 5, 9):
        tensors[f"features.{layer}.0.weight"][0, 0, 1, 1] = 1
    tensors["hidden.weight"][0, :16] = 1 / 16
    tensors["answer.weight"][:, 0] = 0.8 / np.sqrt(2)  # red at mean 0 and deviation 1
    path = tmp_path / "actions.safetensors"
    save_file(tensors, path, {"gives": json.dumps(["jawOpen", "browInnerUp"])})
    return path


def frame_with_faces(image, *boxes):
    [frame] = frames_in_memory(image[None], fps=25).read()
    faces = [TrackedFace(number, np.array(box, float), 1.0) for number, box in enumerate(boxes)]
    return TrackedFrame(frame, faces, None, "ok")


def test_estimator_reads_the_crop_of_each_face_and_gives_the_named_actions(weights):
    image = np.zeros((100, 200, 3), np.uint8)
    image[:, :100, 2] = 255
    image[:, 100:, 0] = 255
    estimator = SmallEstimator(weights)
    [(tracked, (blue, red))] = estimator.follow(
        [frame_with_faces(image, (10, 20, 50, 60), (120, 20, 60, 50))]
    )
    assert len(tracked.faces) == 2
    given = np.isin(ACTIONS, estimator.gives)
    assert red.coefficients[given] == pytest.approx(0.8, abs=0.05)
    assert blue.coefficients[given] == pytest.approx(0, abs=0.01)
    assert np.isnan(red.coefficients[~given]).all()
    assert red.landmarks is None
    assert red.row.shape == (55,)


def test_frame_without_faces_has_no_actions(weights):
    empty = frame_with_faces(np.zeros((64, 64, 3), np.uint8))
    assert list(SmallEstimator(weights).follow([empty])) == [(empty, ())]


def test_file_without_the_weights_is_refused(tmp_path, weights):
    wrong = tmp_path / "wrong.safetensors"
    save_file({"x": torch.zeros(1)}, wrong)
    for path in (wrong, tmp_path / "none.safetensors", Path(__file__)):
        with pytest.raises(ConfigError, match="has no weights of the action network"):
            SmallEstimator(path)
