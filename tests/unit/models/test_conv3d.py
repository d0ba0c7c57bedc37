import pytest
import torch

from ferfusion.models.conv3d import Conv3dStream
from ferfusion.models.small_cnn import SMALL_SHAPES, SmallStream


def inflated(small):
    """The stream over time whose kernels are those of a stream of one crop, a third at each moment."""
    stream = Conv3dStream(SMALL_SHAPES["listing"], scaling="standard")
    weights = {
        name: tensor[:, :, None].expand(-1, -1, 3, -1, -1) / 3 if tensor.ndim == 4 else tensor
        for name, tensor in small.state_dict().items()
    }
    stream.load_state_dict(weights)
    return stream


@pytest.mark.parametrize("frames", [3, 4, 8, 11])
def test_conv3d_of_a_still_window_is_the_small_cnn_of_one_crop(frames):
    small = SmallStream(SMALL_SHAPES["listing"], scaling="standard")
    crop = torch.rand(2, 3, 48, 48, generator=torch.Generator().manual_seed(0))
    still = crop[:, None].expand(2, frames, 3, 48, 48)
    torch.testing.assert_close(inflated(small)(still), small(crop), rtol=1e-4, atol=1e-5)


def test_conv3d_depends_on_the_order_of_crops():
    stream = Conv3dStream(SMALL_SHAPES["listing"], scaling="unit")
    windows = torch.rand(2, 8, 3, 48, 48, generator=torch.Generator().manual_seed(0))
    assert not torch.allclose(stream(windows), stream(windows.flip(1)), atol=1e-4)


def test_conv3d_last_map_has_a_position_for_every_four_crops():
    stream = Conv3dStream(SMALL_SHAPES["listing"], scaling="unit")
    shapes = []
    stream.cam_layer.register_forward_hook(lambda *args: shapes.append(tuple(args[-1].shape)))
    for frames in (3, 4, 8, 16):
        assert stream(torch.rand(1, frames, 3, 48, 48)).shape == (1, 128, 3, 3)
    assert shapes == [(1, 128, 1, 3, 3), (1, 128, 1, 3, 3), (1, 128, 2, 3, 3), (1, 128, 4, 3, 3)]
