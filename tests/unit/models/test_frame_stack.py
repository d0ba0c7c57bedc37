import torch

from ferfusion.models.frame_stack import FrameStack
from ferfusion.models.small_cnn import SMALL_SHAPES, SmallStream


def windows():
    return torch.rand(2, 4, 3, 48, 48, generator=torch.Generator().manual_seed(0))


def test_frame_stack_with_weights_for_its_last_crop_alone_is_a_single_stream():
    stack = FrameStack("listing", frames=4, scaling="unit")
    alone = SmallStream(SMALL_SHAPES["listing"], scaling="unit")
    weights = stack.stream.state_dict()
    alone.load_state_dict({**weights, "conv1.weight": weights["conv1.weight"][:, -3:]})
    torch.nn.init.zeros_(stack.stream.conv1.weight[:, :-3])
    torch.testing.assert_close(stack(windows()), alone(windows()[:, -1]))


def test_frame_stack_of_differences_is_constant_for_a_face_at_rest():
    stack = FrameStack("listing", frames=4, scaling="unit")
    weight = stack.stream.conv1.weight.data
    weight[:, :9], weight[:, 9:] = 0, 0
    weight[:, 6:9], weight[:, 9:] = -weight[:, :3] - 0.1, weight[:, :3] + 0.1
    torch.nn.init.zeros_(stack.stream.conv1.bias)
    still = windows()[:, :1].expand(2, 4, 3, 48, 48)
    nothing = stack(torch.zeros(2, 4, 3, 48, 48))
    torch.testing.assert_close(stack(still), nothing, atol=1e-6, rtol=0)
    assert not torch.allclose(stack(windows()), nothing, atol=1e-3)
