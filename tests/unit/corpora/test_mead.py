from pathlib import Path

import pytest

from ferfusion.corpora.mead import list_mead
from ferfusion.errors import CorpusError
from helpers.corpora import left_out_of, rows_of
from helpers.corpus_trees import write_mead


def test_list_mead_lists_the_front_view_of_every_level(tmp_path: Path) -> None:
    assert rows_of(list_mead(write_mead(tmp_path))) == [
        ("M003-anger-1-001", "M003", "Anger", None),
        ("M003-anger-3-001", "M003", "Anger", None),
        ("M003-neutral-1-040", "M003", "Neutral", None),
        ("W009-contempt-2-030", "W009", "Contempt", None),
        ("W009-surprise-2-030", "W009", "Surprise", None),
    ]


def test_list_mead_gives_a_reason_for_each_left_out_file(tmp_path: Path) -> None:
    assert left_out_of(list_mead(write_mead(tmp_path))) == {
        "M003/video/left_30/angry/level_1/001.mp4": "the view left_30; front is used",
        "W009/video/front/bored/level_2/030.mp4": "the folder bored is none of the eight emotions",
        "W009/video/front.mp4": "not at <actor>/video/<view>/<emotion>/level_<n>/<video>",
        "M003/**/*.m4a": "2 files: sound without video",
    }


def test_list_mead_lists_another_view(tmp_path: Path) -> None:
    write_mead(tmp_path)
    assert rows_of(list_mead(tmp_path, view="left_30")) == [("M003-anger-1-001", "M003", "Anger", None)]
    with pytest.raises(CorpusError, match="MEAD has no view 'back'; choose one of front, down"):
        list_mead(tmp_path, view="back")
