import numpy as np
import pytest

from ferfusion.data.inputs import FaceInput
from ferfusion.explanation.explainer import Explanation
from ferfusion.inference.drawing.panel import Panel
from ferfusion.label_set import SIX

FOR, AGAINST = (240, 162, 59), (90, 167, 222)


def reasons(contributions, moments=1):
    maps = {name: np.zeros((moments if name == "spatial" else 1, 48, 48)) for name in contributions}
    window = None if moments == 1 else np.zeros((moments, 48, 48, 3), np.uint8)
    seen = FaceInput(np.zeros((48, 48, 3), np.uint8), np.zeros((2, 48, 48)), window)
    return seen, Explanation(np.full(6, 1 / 6, np.float32), 3, maps, contributions, -1.5)


def lengths(panel, colour):
    """The lengths in pixels of the bars of a colour, from top to bottom."""
    rows = (panel == colour).all(axis=2).sum(axis=1)
    starts = np.flatnonzero((rows[1:] > 0) & (rows[:-1] == 0)) + 2
    return [int(rows[start]) for start in starts]


def test_panel_bars_have_the_length_and_side_of_the_contribution():
    panel = Panel(height=600, labels=SIX).draw(reasons({"spatial": 3.0, "flow": -1.5}))
    [spoke_for], [against] = lengths(panel, FOR), lengths(panel, AGAINST)
    assert spoke_for == pytest.approx(2 * against, abs=3)
    columns = [np.flatnonzero((panel == colour).all(axis=2).any(axis=0)) for colour in (FOR, AGAINST)]
    assert columns[1].max() <= columns[0].min() + 1


def test_panel_bar_of_a_large_contribution_ends_at_full_length():
    [most] = lengths(Panel(height=600, labels=SIX).draw(reasons({"spatial": 6.0})), FOR)
    [more] = lengths(Panel(height=600, labels=SIX).draw(reasons({"spatial": 60.0})), FOR)
    assert more == most


@pytest.mark.parametrize("height", [520, 588, 1301])
@pytest.mark.parametrize(
    ("streams", "moments"),
    [(("flow",), 1), (("spatial", "flow"), 1), (("spatial", "flow", "conv3d"), 1), (("spatial",), 8)],
)
def test_panel_has_room_for_all_tiles_at_any_height(height, streams, moments):
    panel = Panel(height=height, labels=SIX)
    drawn = panel.draw(reasons(dict.fromkeys(streams, 1.0), moments))
    assert drawn.shape == (height, panel.width, 3)
    assert len(lengths(drawn, FOR)) == len(streams)
    ground = drawn[0, 0]
    assert (drawn[:, -2:] == ground).all()
    assert (drawn[-2:] == ground).all()


def test_panel_without_a_face_is_empty():
    drawn = Panel(height=300, labels=SIX).draw(None)
    assert len(np.unique(drawn.reshape(-1, 3), axis=0)) == 1
