from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferfusion.errors import ConfigError
from ferfusion.lookup import choose

FUSIONS = MappingProxyType({"sum": 1, "concat": 2, "average": 3})


@pytest.mark.parametrize("name", FUSIONS)
def test_a_name_of_the_table_gives_its_item(name):
    assert choose(FUSIONS, name, what="fusion") is FUSIONS[name]


def test_an_item_may_be_nothing():
    assert choose({"none": None}, "none", what="balance") is None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("summ", "Unknown fusion 'summ'; choose one of average, concat, sum. Did you mean 'sum'?"),
        ("Concat", "Unknown fusion 'Concat'; choose one of average, concat, sum. Did you mean 'concat'?"),
        ("xyz", "Unknown fusion 'xyz'; choose one of average, concat, sum."),
        ("", "Unknown fusion ''; choose one of average, concat, sum."),
    ],
)
def test_another_name_is_told_with_the_names_there_are_and_a_near_one(name, message):
    with pytest.raises(ConfigError) as caught:
        choose(FUSIONS, name, what="fusion")
    assert str(caught.value) == message


@given(st.text(max_size=30).filter(lambda name: name not in FUSIONS))
def test_no_other_name_is_ever_taken(name):
    with pytest.raises(ConfigError, match="choose one of average, concat, sum"):
        choose(FUSIONS, name, what="fusion")
