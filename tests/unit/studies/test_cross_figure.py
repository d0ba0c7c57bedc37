import numpy as np
import pytest

from ferfusion.studies.cross_figure import ALL_OTHERS, heat_map
from ferfusion.studies.cross_findings import cross_table
from helpers.cross_corpora import NAMES


@pytest.fixture(scope="module")
def table(cross_findings):
    return cross_table(cross_findings)


def ticks(axes):
    return [[each.get_text() for each in found] for found in (axes.get_yticklabels(), axes.get_xticklabels())]


@pytest.mark.parametrize(("level", "metric"), [("video", "uar"), ("pair", "war")])
def test_heat_map_has_the_values_of_the_table(table, level, metric):
    axes = heat_map(table, level=level, metric=metric).axes[0]
    assert ticks(axes) == [list(NAMES), list(NAMES)]
    cells = table[(table["level"] == level) & (table["metric"] == metric)]
    values = cells.pivot_table(index="trained_on", columns="tested_on", values="value").to_numpy()
    [image] = axes.images
    assert np.allclose(image.get_array(), values)
    assert image.get_clim()[0] == pytest.approx(cells["baseline"].min())
    assert len(axes.patches) == 3  # the frames of the cells within a corpus


def test_heat_map_has_one_row_where_each_corpus_is_left_out_once(table):
    left_out = table[table["within"]].assign(within=False)
    left_out["trained_on"] = "not " + left_out["tested_on"]
    axes = heat_map(left_out).axes[0]
    assert ticks(axes) == [[ALL_OTHERS], list(NAMES)]
    assert not axes.patches
