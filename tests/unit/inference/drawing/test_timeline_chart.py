import re

import numpy as np
import pandas as pd
import pytest

from ferfusion.inference.drawing.timeline_chart import HEIGHT, MAX_BINS, WIDTH, make_axis, make_chart
from ferfusion.inference.timeline import smooth_table
from ferfusion.label_set import LabelSet

TWO = LabelSet(("Awake", "Bored"))


def table(shares, *, rate=25, missing=()):
    """A frame table of one face: the probability of the first class in every frame."""
    here = [k not in missing for k in range(len(shares))]
    return pd.DataFrame(
        {
            "frame": range(len(shares)),
            "seconds": np.arange(len(shares)) / rate,
            "face": pd.array([0 if there else None for there in here], dtype="Int64"),
            "status": ["ok" if there else "no_face" for there in here],
            "p_awake": [share if there else np.nan for share, there in zip(shares, here, strict=True)],
            "p_bored": [1 - share if there else np.nan for share, there in zip(shares, here, strict=True)],
        }
    )


def chart(frames, *, abstain_below=0.0):
    smoothed = smooth_table(frames, TWO, window_seconds=0, smoothing="centred")
    return make_chart(frames, smoothed, make_axis(frames), TWO, face=0, abstain_below=abstain_below)


def points(path):
    return [tuple(map(float, point)) for point in re.findall(r"[ML](\S+) ([\d.]+)", path)]


def test_make_axis_of_a_short_video_has_a_bin_for_each_frame():
    axis = make_axis(table([0.5] * 10))
    assert axis.edges == pytest.approx(np.arange(11) / 25)
    assert axis.frames.tolist() == list(range(10))
    assert axis.bin_of_row.tolist() == list(range(10))


def test_make_axis_of_an_hour_has_bins_of_equal_length():
    frames = table([0.5] * 90_000)
    axis = make_axis(frames)
    assert len(axis.frames) == MAX_BINS
    assert np.diff(axis.edges) == pytest.approx(np.full(MAX_BINS, 3600 / MAX_BINS))
    assert axis.frames.tolist() == [150 * k for k in range(MAX_BINS)]
    assert np.bincount(axis.bin_of_row).tolist() == [150] * MAX_BINS


def test_make_axis_keeps_uneven_times():
    frames = table([0.5] * 4).assign(seconds=[0.0, 0.1, 2.0, 2.1])
    axis = make_axis(frames)
    assert axis.edges == pytest.approx([0, 0.1, 2.0, 2.1, 2.2])


def test_make_chart_has_the_mean_of_each_bin():
    shares = np.tile([0.2, 0.6], 3000)
    means = chart(table(shares)).means
    assert means == pytest.approx(np.tile([0.4, 0.6], (MAX_BINS, 1)))


def test_make_chart_stacks_the_areas_up_to_the_top():
    areas = dict(chart(table([0.25] * 4)).areas)
    assert list(areas) == ["Bored", "Awake"]  # drawn first: the whole; over it: the first class
    whole, first = points(areas["Bored"]), points(areas["Awake"])
    assert {y for _, y in whole} == {0.0, HEIGHT}
    assert {y for _, y in first} == {0.75 * HEIGHT, HEIGHT}
    assert (min(x for x, _ in whole), max(x for x, _ in whole)) == (0, WIDTH)


def test_make_chart_draws_nothing_where_the_face_is_away():
    drawn = chart(table([0.25] * 10, missing=range(4, 6)))
    assert [path.count("M") for _, path in drawn.areas] == [2, 2]
    xs = sorted({x for x, _ in points(drawn.areas[0][1])})
    assert not [x for x in xs if 400 < x < 600]
    assert drawn.ribbon == [(0.0, 400.0, "Bored"), (600.0, 400.0, "Bored")]
    assert drawn.names[3:7] == ["Bored", None, None, "Bored"]


def test_make_chart_ribbon_has_the_names_of_the_timeline():
    drawn = chart(table([0.9] * 5 + [0.52] * 2 + [0.1] * 3), abstain_below=0.6)
    assert drawn.ribbon == [
        (0.0, 500.0, "Awake"),
        (500.0, 200.0, "no clear expression"),
        (700.0, 300.0, "Bored"),
    ]


def test_make_chart_of_one_frame():
    drawn = chart(table([0.25]))
    assert drawn.ribbon == [(0.0, WIDTH, "Bored")]
