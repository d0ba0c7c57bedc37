from fractions import Fraction

from ferfusion.video.timestamps import SLACK_SECONDS


def test_slack_is_less_than_a_tick_of_the_finest_common_time_base():
    assert Fraction(1, 90_000) > SLACK_SECONDS  # MPEG transport streams
