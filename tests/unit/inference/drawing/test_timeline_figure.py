"""What the figure of a timeline shows, read from its artists."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from ferfusion.inference.drawing.timeline_figure import _points, faces_figure, timeline_figure
from ferfusion.inference.timeline import Span
from ferfusion.label_set import SIX
from ferfusion.reporting.colours import colour_of
from ferfusion.reporting.style import NotebookFigure
from helpers.photographs import grey, predicted
from helpers.predictions import prediction_of


def read(faces, frames=20):
    """Of each face the same frames: all Fear."""
    rows = faces * frames
    probabilities = np.tile(np.eye(6, dtype=np.float32)[SIX.code("Fear")], (max(rows, frames), 1))
    table = pd.DataFrame(
        {
            "frame": np.repeat(np.arange(frames), max(faces, 1)),
            "seconds": np.repeat(np.arange(frames) / 10, max(faces, 1)),
            "face": pd.array(list(range(faces)) * frames if faces else [None] * frames, dtype="Int64"),
            "status": pd.Categorical(["ok" if faces else "no_face"] * max(rows, frames)),
        }
    )
    spans = {face: [Span(0, 1, "Fear", 1.0), Span(1, 2, "no clear expression", 0.3)] for face in range(faces)}
    return prediction_of(table, probabilities, labels=SIX, spans=spans)


def test_timeline_figure_has_axes_areas_and_names_for_each_face():
    figure = timeline_figure(read(2))
    assert [axes.get_ylabel() for axes in figure.axes] == ["face 0", "face 1"]
    for axes in figure.axes:
        assert len(axes.collections) == 6
        named, unnamed = axes.patches
        assert isinstance(named, Rectangle)
        assert (named.get_x(), named.get_width()) == (0, 1)
        assert to_hex(named.get_facecolor()) == colour_of("Fear", SIX)
        assert unnamed.get_hatch()
    [legend] = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [*SIX.names, "no clear expression"]


def test_timeline_figure_draws_at_most_four_faces():
    assert len(timeline_figure(read(6)).axes) == 4
    [axes] = timeline_figure(read(0)).axes
    assert "no face found" in [text.get_text() for text in axes.texts]


def test_timeline_figure_shows_as_png_in_a_notebook():
    figure = timeline_figure(read(1))
    assert isinstance(figure, NotebookFigure)
    assert figure._repr_png_().startswith(b"\x89PNG")


def test_points_of_many_frames_keep_the_mean_and_break_at_gaps():
    seconds = np.concatenate([np.arange(9000) / 100, 200 + np.arange(9000) / 100])
    probabilities = np.random.default_rng(0).random((18000, 6))
    at, means = _points(seconds, probabilities)
    assert len(at) <= 1502
    assert np.isnan(at).sum() == 1
    assert np.nanmean(means) == pytest.approx(probabilities.mean(), abs=1e-3)


def test_faces_figure_has_a_bar_for_each_class():
    prediction = predicted(grey(255), name="white.jpg")
    [axes] = faces_figure(prediction).axes
    lengths = [bar.get_width() for bar in axes.patches if isinstance(bar, Rectangle)]
    assert lengths == pytest.approx(list(prediction.verdicts[0].probabilities.values()))
    assert [label.get_text() for label in axes.get_yticklabels()] == list(SIX.names)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("probability", "face 0")


def test_faces_figure_without_a_face_says_so():
    [axes] = faces_figure(read(0)).axes
    assert "no face found" in [text.get_text() for text in axes.texts]
