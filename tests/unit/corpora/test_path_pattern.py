import pytest

from ferfusion.corpora.path_pattern import PathPattern
from ferfusion.errors import ConfigError, CorpusError


def test_path_pattern_reads_the_end_of_a_path_of_any_system() -> None:
    pattern = PathPattern("{subject}_session{session}/{label}_take{n}")
    expected = {"subject": "s 1", "session": "2", "label": "very sad", "n": "12"}
    for path in ("s 1_session2/very sad_take12.MP4", "C:\\x\\s 1_session2\\very sad_take12.avi"):
        assert pattern.read(path) == expected


def test_path_pattern_takes_signs_as_they_are_and_a_repeated_field_as_the_same_text() -> None:
    assert PathPattern("{subject}/{subject}.{label}+").read("ann/ann.joy+.mp4") == {
        "subject": "ann",
        "label": "joy",
    }
    with pytest.raises(CorpusError, match="does not fit"):
        PathPattern("{subject}/{subject}.{label}").read("ann/ben.joy.mp4")


def test_path_pattern_refuses_a_path_that_fits_in_several_ways() -> None:
    with pytest.raises(CorpusError, match="several ways: subject can be 's' or 's_01'"):
        PathPattern("{subject}_{label}").read("s_01_joy.mp4")


@pytest.mark.parametrize(
    "text", ["", "videos", "{}", "{a b}/{label}", "{subject}{label}", "{label", "{path}"]
)
def test_path_pattern_refuses_what_is_no_pattern(text: str) -> None:
    with pytest.raises(ConfigError, match="pattern"):
        PathPattern(text)
