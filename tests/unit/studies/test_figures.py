"""What the figures of a study show is in its tables."""

import numpy as np
import pandas as pd
import pytest

from ferfusion.evaluation.calibration import reliability
from ferfusion.evaluation.metrics import recall
from ferfusion.studies.figures import curves_figure, recall_grid, reliability_figure, samples_figure


def test_curves_figure_has_a_line_of_its_own_look_per_variant():
    curves = {f"v{number}": pd.Series([0.1, number / 25], index=[1, 2]) for number in range(14)}
    axes = curves_figure(curves, title="UAR", subtitle="per pair").axes[0]
    assert [line.get_label() for line in axes.lines] == list(curves)
    assert [np.asarray(line.get_ydata()).tolist() for line in axes.lines] == [
        c.tolist() for c in curves.values()
    ]
    looks = {(line.get_color(), line.get_linestyle()) for line in axes.lines}
    assert len(looks) == len(curves)


def test_curves_figure_of_one_epoch_has_a_mark_and_one_tick():
    figure = curves_figure({"v": pd.Series([0.4], index=[1])}, title="UAR", subtitle="per pair")
    figure.draw_without_rendering()
    [axes] = figure.axes
    assert axes.lines[0].get_marker() == "o"
    assert [tick for tick in axes.get_xticks() if np.ptp(axes.get_xlim()) > abs(tick - 1)] == [1]


def test_reliability_figure_has_a_point_per_filled_bin_and_the_diagonal():
    bins = reliability([[0.9, 0.1], [0.4, 0.6], [0.65, 0.35]], [0, 0, 0], bins=10)
    axes = reliability_figure(bins, title="v").axes[0]
    diagonal, points = axes.lines
    assert np.asarray(diagonal.get_xydata()).tolist() == [[0, 0], [1, 1]]
    # 0.6 is the upper end of its bin: right in 0 of 1 rows; 0.65 and 0.9 are right
    assert np.asarray(points.get_xydata()).ravel().tolist() == pytest.approx([0.6, 0, 0.65, 1, 0.9, 1])
    assert [bar.get_height() for bar in axes.containers[0]] == pytest.approx(bins.counts / 3)


def test_recall_grid_has_the_recalls_in_percent(findings):
    axes = recall_grid(findings).axes[0]
    rows = findings.statistics.scores("video")
    expected = [f"{100 * share:.0f}" for row in rows for share in recall(row.confusion)]
    subtitle = axes.texts[-1].get_text()
    assert [text.get_text() for text in axes.texts] == [*expected, subtitle]
    assert [label.get_text() for label in axes.get_yticklabels()] == [row.name for row in rows]


def test_samples_figure_has_a_face_and_its_flow_of_each_class(findings):
    figure = samples_figure(findings)
    assert len(figure.axes) == 2 * 6
    labels = findings.statistics.labels
    assert [axes.get_title() for axes in figure.axes[:6]] == list(labels.names)
    # a drawn face has a bright square at its class's height, and what is at that height moves
    heights = []
    for face, flow in zip(figure.axes[:6], figure.axes[6:], strict=True):
        bright = np.asarray(face.images[0].get_array())[:, 24].mean(axis=-1) > 0.9
        moving = np.asarray(flow.images[0].get_array()).max(axis=(1, 2)) > 0.5
        heights.append(np.flatnonzero(bright).mean())
        assert abs(np.flatnonzero(moving).mean() - heights[-1]) <= 1
    assert heights == sorted(heights)
