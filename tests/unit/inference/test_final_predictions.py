from typing import Any

import numpy as np
import pandas as pd
import pytest

from ferfusion.inference.drawing.annotated_video import PredictionsByFrame
from ferfusion.inference.final_predictions import FinalPredictions
from ferfusion.inference.frame_table import FrameRows
from ferfusion.inference.predict_faces import FrameRow
from ferfusion.inference.timeline import name_predictions, smooth_table
from ferfusion.label_set import SIX

FRAMES = 240
SETTINGS: dict[str, Any] = {"window_seconds": 0.5, "smoothing": "centred"}


def rows_of(*, several=range(0), every=1, seed=0):
    """Rows of a video with uneven times; the face goes for some frames and comes back as another track."""
    rng = np.random.default_rng(seed)
    seconds = np.cumsum(rng.choice([0.02, 0.04, 0.04, 0.3], FRAMES))
    rows = []
    for frame in range(0, FRAMES, every):
        if 100 <= frame < 110:
            rows.append(FrameRow(frame, seconds[frame], None, (None,) * 4, "no_face", None))
            continue
        for face in (int(frame >= 100), 7)[: 2 if frame in several else 1]:
            box = tuple(rng.uniform(0, 99, 4))
            probabilities = rng.dirichlet(np.ones(6)).astype(np.float32)
            rows.append(FrameRow(frame, seconds[frame], face, box, "ok", probabilities))
    return rows


def known_at_the_end(rows, *, abstain_below=0.4, **settings):
    """What is drawn of each frame, from the whole table."""
    collected = FrameRows(SIX)
    for row in rows:
        collected.add(row)
    table, _ = collected.table()
    smoothed = smooth_table(table, SIX, **settings)
    names = name_predictions(smoothed, SIX, abstain_below=abstain_below)
    return PredictionsByFrame(table.assign(smoothed=pd.Series(names)), smoothed)


def known_on_the_way(rows, *, abstain_below=0.4, **settings):
    """For each frame, what is final and how many rows that took; the frames are asked in order."""
    final, found, frame = FinalPredictions(SIX, abstain_below=abstain_below, **settings), {}, 0
    for number, row in enumerate(rows, start=1):
        final.add(row)
        while (drawn := final.at(frame)) is not None:
            found[frame] = (number, *drawn)
            frame += 1
    return found


def same(first, second):
    return (
        len(first) == len(second)
        and all(np.array_equal(a.probabilities, b.probabilities) for a, b in zip(first, second, strict=True))
        and [(a.box, a.expression) for a in first] == [(b.box, b.expression) for b in second]
    )


@pytest.mark.parametrize("smoothing", ["centred", "causal"])
@pytest.mark.parametrize("window", [0, 0.5, 3.0])
@pytest.mark.parametrize("every", [1, 7])
def test_final_predictions_are_those_of_the_whole_table(window, smoothing, every):
    """To the last bit, so that a name near the threshold is the same."""
    rows = rows_of(every=every)
    settings = {"window_seconds": window, "smoothing": smoothing}
    at_the_end, found = known_at_the_end(rows, **settings), known_on_the_way(rows, **settings)
    late = 3.0 if smoothing == "centred" else 0.5  # the last frames are never final
    assert len(found) > FRAMES - every - int(late / 0.02) - 1
    for frame, (_, faces, status) in found.items():
        wanted, wanted_status = at_the_end.at(frame)
        assert status == wanted_status
        assert same(faces, wanted)


def test_final_predictions_wait_for_the_whole_window_and_no_longer():
    rows = [
        FrameRow(k, k / 25, 0, (1.0, 2.0, 3.0, 4.0), "ok", np.full(6, 1 / 6, np.float32)) for k in range(60)
    ]
    found = known_on_the_way(rows, **SETTINGS)
    # 0.25 s after the frame are 6 frames; the row after them shows that there are no more in the window
    assert {number - frame for frame, (number, _, _) in found.items()} == {8}


def test_final_predictions_of_several_faces_are_not_known():
    """The numbers of the faces depend on the whole video."""
    found = known_on_the_way(rows_of(several=range(50, 60)), **SETTINGS)
    assert max(found) == 49


def test_final_predictions_forget_what_they_need_no_more():
    probabilities = np.full(6, 1 / 6, np.float32)
    final = FinalPredictions(SIX, abstain_below=0.4, **SETTINGS)
    for frame in range(5000):
        final.add(FrameRow(frame, frame / 25, 0, (1.0, 2.0, 3.0, 4.0), "ok", probabilities))
        final.at(frame - 10)
    assert len(final._frames) < 20
    assert len(final._tracks[0].seconds) < 1100
