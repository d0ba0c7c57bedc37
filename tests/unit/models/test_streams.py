import pytest
import torch

from ferfusion.models.small_cnn import SMALL_SHAPES, SmallStream
from ferfusion.models.streams import STREAMS, STREAMS_3D, find_stream, find_stream_3d, map_side


def image(batch, size=48, seed=0):
    return torch.rand(batch, 3, size, size, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("size", [48, 49, 50, 63, 64, 96])
def test_map_side_is_that_of_the_streams_output(size):
    stream = SmallStream(SMALL_SHAPES["listing"], scaling="unit")
    assert stream(image(1, size)).shape[2:] == (map_side("listing", size),) * 2


def test_map_side_leaves_the_random_state_alone():
    state = torch.random.get_rng_state()
    map_side.cache_clear()
    assert map_side("table1", 48) == 3
    assert torch.equal(state, torch.random.get_rng_state())


@pytest.mark.parametrize(("name", "side"), [("listing", 3), ("mobilenet", 2), ("r3d18", 3)])
def test_map_side_is_computed_while_the_shapes_of_a_bundle_are(name, side):
    """Reading a bundle makes its model on torch's device meta."""
    map_side.cache_clear()
    with torch.device("meta"):
        assert map_side(name, 48) == side


@pytest.mark.parametrize("name", [*STREAMS, "listing-8-16"])
def test_streams_have_their_channels_and_map_side_from_the_smallest_size_on(name):
    kind = find_stream(name)
    for size in (kind.smallest_size, 96):
        with torch.device("meta"), torch.inference_mode():
            stream = kind.make(scaling="standard", in_channels=6).eval()
            feature_map = stream(torch.empty(2, 6, size, size))
        side = map_side(name, size)
        assert feature_map.shape == (2, stream.out_channels, side, side)
        assert side >= (3 if stream.last_pool else 1)  # the fusion layer pools by 3


@pytest.mark.parametrize("name", STREAMS_3D)
def test_streams_3d_have_their_channels_and_map_side_from_the_smallest_size_on(name):
    kind = find_stream_3d(name)
    for size in (kind.smallest_size, 96):
        with torch.device("meta"), torch.inference_mode():
            stream = kind.make(scaling="standard").eval()
            feature_map = stream(torch.empty(2, 3, 3, size, size))
        side = map_side(name, size)
        assert feature_map.shape == (2, stream.out_channels, side, side)


@pytest.mark.parametrize("name", STREAMS)
def test_streams_end_in_their_cam_layer(name):
    with torch.device("meta"), torch.inference_mode():
        stream = STREAMS[name].make(scaling="unit", in_channels=3).eval()
        outputs = []
        stream.cam_layer.register_forward_hook(lambda *arguments: outputs.append(arguments[-1]))
        result = stream(torch.empty(1, 3, 64, 64))
    assert [output.shape for output in outputs] == [result.shape]
