import numpy as np
import pytest
import torch

from ferfusion.actions.names import ACTIONS
from ferfusion.data.inputs import FaceInput
from ferfusion.explanation.drawing import contribution_words, draw_flow, enlarged, mark, signed, tiles
from ferfusion.explanation.explainer import Explanation

SIDE = 96


def explanation(**maps):
    return Explanation(np.full(6, 1 / 6, np.float32), 0, maps, dict.fromkeys(maps, 1.0), -1.0)


def crop(value=128):
    return np.full((48, 48, 3), value, np.uint8)


def still():
    return np.zeros((2, 48, 48), np.float16)


def one_map(row, column):
    found = np.zeros((1, 48, 48), np.float32)
    found[0, row : row + 8, column : column + 8] = 5
    return found


def brightness(image):
    return image.astype(int).sum(axis=2)


def test_tiles_show_actions_as_lines_over_time():
    window = np.zeros((25, 108), np.float32)
    window[:, len(ACTIONS) + 26] = np.linspace(
        0, 1, 25
    )  # the 27th action, in the middle, moves away from rest
    maps = np.zeros((1, 48, 48), np.float32)
    maps[:, :, 40:] = 1
    face, curves, marked = tiles(FaceInput(crop(), still(), window), explanation(actions=maps), side=104)
    assert (face.caption, curves.caption, marked.caption) == ("face", "actions", "actions, marked")
    assert curves.image[52].min() < 10
    assert curves.image[:52].min() > 240
    assert curves.image[52, 2].tolist() == [255] * 3
    assert brightness(marked.image)[20, 100] != brightness(marked.image)[20, 20]


def test_mark_is_bright_where_the_map_is_and_grey_elsewhere():
    coloured = crop()
    coloured[..., 0] = 200
    marked = mark(enlarged(coloured, side=SIDE), one_map(4, 30)[0], top=5)
    assert brightness(marked)[16, 68] > brightness(marked)[60, 20] + 100
    far = marked[60, 20].astype(int)
    assert np.ptp(far) < 5


def test_mark_with_an_empty_map_marks_nothing():
    marked = mark(enlarged(crop(), side=SIDE), np.zeros((48, 48), np.float32), top=0)
    assert len(np.unique(marked.reshape(-1, 3), axis=0)) == 1


def test_draw_flow_is_white_at_rest_and_has_a_colour_per_direction():
    assert (draw_flow(still(), side=SIDE) == 255).all()
    right, left = still(), still()
    right[0], left[0] = 2, -2
    first, second = draw_flow(right, side=SIDE)[9, 9], draw_flow(left, side=SIDE)[9, 9]
    assert first.tolist() == [255, 0, 0]
    assert second.tolist() == pytest.approx([0, 255, 255], abs=12)


def test_draw_flow_does_not_amplify_faint_motion():
    faint = still()
    faint[0] = 0.05  # a tenth of the slowest motion that is drawn at full strength
    assert draw_flow(faint, side=SIDE)[9, 9].tolist() == pytest.approx([255, 229, 229], abs=2)


def test_tiles_of_two_streams_are_four_in_order():
    shown = tiles(
        FaceInput(crop(), still()), explanation(spatial=one_map(4, 4), flow=one_map(30, 30)), side=SIDE
    )
    assert [tile.caption for tile in shown] == ["face", "face, marked", "motion", "motion, marked"]
    assert {tile.image.shape for tile in shown} == {(SIDE, SIDE, 3)}
    bright = [np.unravel_index(brightness(shown[k].image).argmax(), (SIDE, SIDE)) for k in (1, 3)]
    assert bright[0][0] < SIDE / 2 < bright[1][0] or (shown[3].image[8:20, 8:20] != 255).any()


def test_tiles_of_the_flow_stream_alone_leave_out_the_face():
    shown = tiles(FaceInput(crop(), still()), explanation(flow=one_map(4, 4)), side=SIDE)
    assert [tile.caption for tile in shown] == ["motion", "motion, marked"]


def test_tiles_show_each_time_step_on_its_crop_with_one_scale():
    window = np.stack([crop(value) for value in (0, 40, 80, 120)])
    maps = np.concatenate([one_map(4, 4) / 100, one_map(4, 4), one_map(4, 4), one_map(4, 4)])
    shown = tiles(FaceInput(window[-1], still(), window), explanation(spatial=maps), side=SIDE)
    assert [tile.caption for tile in shown] == [
        "face",
        "face, t\N{MINUS SIGN}3",
        "face, t\N{MINUS SIGN}2",
        "face, t\N{MINUS SIGN}1",
        "face, t",
    ]
    faint, full = shown[1].image, shown[2].image
    assert brightness(full)[16, 16] > brightness(faint)[16, 16] + 100
    greys = [int(tile.image[80, 80].max()) for tile in shown[1:]]
    assert greys == sorted(greys)  # the crops, oldest first


def test_tiles_show_a_time_step_of_several_crops_on_the_middle_one():
    window = np.stack([crop(30 * place) for place in range(8)])
    shown = tiles(
        FaceInput(window[-1], still(), window), explanation(conv3d=np.zeros((2, 48, 48))), side=SIDE
    )
    plain = mark(enlarged(window[2], side=SIDE), np.zeros((48, 48)), top=0)
    assert [tile.caption for tile in shown[1:]] == ["3D, t\N{MINUS SIGN}5", "3D, t\N{MINUS SIGN}1"]
    assert np.array_equal(shown[1].image, plain)  # of 0 to 3, as 1.5 is rounded to even


@pytest.mark.parametrize(("value", "text"), [(0.04, "+0.0"), (-0.61, "\N{MINUS SIGN}0.6"), (12.0, "+12.0")])
def test_signed_formats_a_number_with_its_sign(value, text):
    assert signed(value) == text
    assert contribution_words({"flow": value}) == f"motion {text}"


def test_tiles_do_not_change_the_maps():
    maps = torch.rand(1, 48, 48).numpy()
    before = maps.copy()
    tiles(FaceInput(crop(), still()), explanation(spatial=maps, flow=maps), side=SIDE)
    assert np.array_equal(maps, before)
