"""The figures show the numbers of the tables."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import Rectangle

from ferfusion.evaluation import plots
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.evaluation.run_folder import read_run
from ferfusion.evaluation.scoring import score_measured
from ferfusion.label_set import SIX
from ferfusion.reporting.style import save
from helpers.runs import fake_epochs, write_run


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    return score_measured(
        read_run(write_run(tmp_path_factory.mktemp("runs") / "run")), EvaluateRecipe(resamples=20)
    )


def test_confusion_figure_has_the_counts_in_its_cells(scored):
    one = scored.of("test", "pair")
    texts = plots.confusion_figure(one, SIX, normalised=False).axes[0].texts
    numbers = [int(text.get_text().replace(",", "")) for text in texts if text.get_text().isdigit()]
    assert numbers == one.confusion.ravel().tolist()


def test_confusion_figure_normalised_rows_sum_to_100(scored):
    figure = plots.confusion_figure(scored.of("test", "pair"), SIX, normalised=True)
    cells = np.array([int(text.get_text()) for text in figure.axes[0].texts if text.get_text().isdigit()])
    np.testing.assert_allclose(cells.reshape(6, 6).sum(axis=1), 100, atol=3)


def test_score_figure_marks_the_kept_epoch():
    axes = plots.score_figure(fake_epochs(), best_epoch=17).axes[0]
    assert "kept: epoch 17" in [text.get_text() for text in axes.texts]


def test_score_figure_draws_war_and_uar():
    axes = plots.score_figure(fake_epochs(), best_epoch=None).axes[0]
    assert [line.get_label() for line in axes.lines] == [
        "train UAR",
        "train WAR",
        "validation UAR",
        "validation WAR",
    ]


@pytest.mark.parametrize(("rates", "scale"), [([1e-3, 5e-4], "linear"), ([1e-3, 1e-5], "log")])
def test_rate_figure_has_a_logarithmic_axis_for_a_large_fall(rates, scale):
    epochs = pd.DataFrame({"epoch": [1, 2], "lr": rates})
    assert plots.rate_figure(epochs, best_epoch=2).axes[0].get_yscale() == scale


@pytest.mark.parametrize("draw", [plots.loss_figure, plots.score_figure, plots.rate_figure])
def test_epoch_figures_can_draw_one_epoch(draw, tmp_path):
    figure = draw(fake_epochs(1), best_epoch=1)
    curves = [line for line in figure.axes[0].lines if not line.get_label().startswith("_")]
    assert curves
    assert all(len(line.get_xdata()) == 1 for line in curves)
    assert save(figure, tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")


def bar_widths(axes):
    return [patch.get_width() for patch in axes.patches if isinstance(patch, Rectangle)]


def test_recall_figure_bars_are_the_recalls(scored):
    one = scored.of("test", "video")
    axes = plots.recall_figure([one], SIX).axes[0]
    np.testing.assert_allclose(bar_widths(axes), one.classes.recall)
    assert np.asarray(axes.lines[0].get_xdata())[0] == pytest.approx(1 / 6)


def test_histogram_figure_has_a_bar_per_class_and_part(scored):
    counts = {"train": dict.fromkeys(SIX.names, 5), "test": dict.fromkeys(SIX.names, 2)}
    assert bar_widths(plots.histogram_figure(counts, SIX).axes[0]) == [5] * 6 + [2] * 6
    one = plots.histogram_figure(counts, SIX, division="fold 0 of 3").axes[0]
    assert any("by part of the split: fold 0 of 3" in text.get_text() for text in [*one.texts, one.title])


def test_plots_import_no_pyplot():
    code = "import sys, ferfusion.evaluation.plots; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
