import numpy as np
import pytest
import torch

from ferfusion.actions.small_network import CROP_PX, POSE_UNIT_DEGREES, ActionNetwork, network_of, read_crops


def trained_network(seed=0):
    """Return a network whose norms have statistics of their own."""
    torch.manual_seed(seed)
    network = ActionNetwork()
    network.train()
    with torch.no_grad():
        for _ in range(3):
            network(torch.rand(4, 3, CROP_PX, CROP_PX))
    return network.eval()


def test_network_has_at_most_a_million_and_a_half_parameters():
    assert sum(parameter.numel() for parameter in ActionNetwork().parameters()) < 1_500_000


def test_network_answers_the_same_in_dim_light():
    network, crops = trained_network().fold(), torch.rand(2, 3, CROP_PX, CROP_PX)
    torch.testing.assert_close(network(0.2 * crops + 0.05), network(crops), atol=1e-4, rtol=1e-4)


def test_plain_crop_is_answered_by_finite_numbers():
    assert torch.isfinite(trained_network().fold()(torch.full((1, 3, CROP_PX, CROP_PX), 0.5))).all()


def test_folded_network_answers_the_same_and_has_no_norms():
    network = trained_network()
    crops = torch.rand(2, 3, CROP_PX, CROP_PX)
    folded = network.fold()
    assert not any("running" in name for name in folded.state_dict())
    torch.testing.assert_close(folded(crops), network(crops))
    torch.testing.assert_close(folded.fold()(crops), network(crops))


def test_read_crops_limits_actions_and_gives_the_pose_in_degrees():
    network = trained_network().fold()
    with torch.no_grad():
        network.answer.weight.zero_()
        network.answer.bias.copy_(torch.linspace(-0.5, 1.5, 55))
    coefficients, pose = read_crops(network, np.zeros((3, CROP_PX, CROP_PX, 3), np.uint8))
    answers = np.linspace(-0.5, 1.5, 55)
    assert coefficients.shape == (3, 52)
    assert coefficients[0] == pytest.approx(np.clip(answers[:52], 0, 1), abs=1e-6)
    assert pose[2] == pytest.approx(answers[52:] * POSE_UNIT_DEGREES, abs=1e-4)


def test_network_of_half_precision_answers_nearly_the_same():
    network = trained_network().fold()
    crops = np.random.default_rng(0).integers(0, 256, (2, CROP_PX, CROP_PX, 3), np.uint8)
    halved = network_of({name: tensor.half() for name, tensor in network.state_dict().items()})
    for first, second in zip(read_crops(network, crops), read_crops(halved, crops), strict=True):
        assert first == pytest.approx(second, abs=0.05)
