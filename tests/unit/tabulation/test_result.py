from pathlib import Path

import pandas as pd

from ferfusion.label_set import SIX
from ferfusion.tabulation.result import Observed, Result


def test_result_without_people_and_votes_has_none():
    one = Observed({"variant": "a"}, pd.DataFrame(), SIX)
    result = Result(Path("run"), SIX, pd.DataFrame({"variant": ["a"]}), lambda: iter([one]))
    assert (result.people, result.choices, one.votes) == (None, (), None)
    assert [*result.observe()] == [one]
