import numpy as np
import pytest

from ferfusion.errors import ConfigError
from ferfusion.inference.episodes import find_episodes, usual_thresholds


def triangle(*, rise, fall, peak, step=0.04, length=4.0):
    """Times, and a probability that rises from 0 at second 1 to its peak and falls to 0 again."""
    seconds = np.arange(0, length, step)
    corners = [0, 1, 1 + rise, 1 + rise + fall, length]
    return seconds, np.interp(seconds, corners, [0, 0, peak, 0, 0])


def test_find_episodes_gives_the_times_of_a_known_curve():
    """The curve passes 0.3 after 0.3 of its rise, and falls below it after 0.7 of its fall."""
    seconds, curve = triangle(rise=1.0, fall=0.5, peak=1.0)
    [episode] = find_episodes(seconds, curve, longest_step=0.12, high=0.5, low=0.3)
    times = (episode.onset, episode.apex, episode.offset)
    assert times == pytest.approx((1.3, 2.0, 2.35), abs=0.04)
    assert (episode.onset_seen, episode.offset_seen) == (True, True)
    assert episode.probability == pytest.approx(1.0)


def test_find_episodes_ignores_a_curve_that_does_not_reach_the_upper_threshold():
    seconds, curve = triangle(rise=1.0, fall=0.5, peak=0.49)
    assert find_episodes(seconds, curve, longest_step=0.12, high=0.5, low=0.3) == []


def test_find_episodes_keeps_a_dip_between_the_thresholds_in_one_episode():
    curve = np.array([0.1, 0.6, 0.4, 0.6, 0.1, 0.6, 0.2, 0.6])
    found = find_episodes(np.arange(8.0), curve, longest_step=2, high=0.5, low=0.3)
    assert [(each.onset, each.offset) for each in found] == [(1, 4), (5, 6), (7, 8)]
    one_threshold = find_episodes(np.arange(8.0), curve, longest_step=2, high=0.5, low=0.5)
    assert len(one_threshold) == 4


def test_find_episodes_ends_an_episode_where_the_face_is_gone():
    seconds = np.array([0.0, 0.1, 0.2, 1.0, 1.1])
    found = find_episodes(seconds, np.array([0.1, 0.8, 0.8, 0.9, 0.1]), longest_step=0.3, high=0.5, low=0.3)
    assert [(each.onset, each.offset) for each in found] == [(0.1, pytest.approx(0.3)), (1.0, 1.1)]
    assert [(each.onset_seen, each.offset_seen) for each in found] == [(True, False), (False, True)]


def test_find_episodes_end_at_the_end_of_the_video_where_few_frames_are_predicted():
    [episode] = find_episodes(
        np.arange(4.0), np.array([0.1, 0.1, 0.1, 0.9]), longest_step=12, end_seconds=3.84, high=0.5, low=0.3
    )
    assert (episode.onset, episode.offset, episode.offset_seen) == (3, 3.84, False)


def test_find_episodes_says_that_the_beginning_and_the_end_were_not_seen():
    [episode] = find_episodes(np.arange(3) / 10, np.full(3, 0.9), longest_step=0.3, high=0.5, low=0.3)
    assert (episode.onset, episode.apex, episode.offset) == pytest.approx((0, 0, 0.3))
    assert (episode.onset_seen, episode.offset_seen) == (False, False)


def test_find_episodes_of_no_frame_are_none():
    assert find_episodes(np.zeros(0), np.zeros(0), longest_step=1, high=0.5, low=0.3) == []


@pytest.mark.parametrize(("high", "low"), [(0.3, 0.5), (0.5, 0.0), (1.1, 0.5), (float("nan"), 0.3)])
def test_find_episodes_refuses_thresholds_out_of_order(high, low):
    with pytest.raises(ConfigError, match="0 < low <= high <= 1"):
        find_episodes(np.arange(2.0), np.zeros(2), longest_step=1, high=high, low=low)


def test_usual_thresholds_are_above_chance_and_never_below_those_of_six_classes():
    """Where no class is displayed, a model of two classes gives each 0.5."""
    thresholds = [usual_thresholds(count) for count in range(2, 101)]
    for count, (high, low) in enumerate(thresholds, 2):
        assert 1 / count < low < high < 1
    assert thresholds == sorted(thresholds, reverse=True)
    assert thresholds[6 - 2] == pytest.approx((0.5, 0.3))
    assert thresholds[-1] == (0.5, 0.3)
