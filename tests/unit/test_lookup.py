from dataclasses import dataclass
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferfusion.errors import ConfigError
from ferfusion.lookup import choose, refuse_unknown

FUSIONS = MappingProxyType({"sum": 1, "concat": 2, "average": 3})


@pytest.mark.parametrize("name", FUSIONS)
def test_choose_returns_the_item_of_a_name(name):
    assert choose(FUSIONS, name, what="fusion") is FUSIONS[name]


def test_choose_returns_an_item_that_is_none():
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
def test_choose_refuses_another_name_and_lists_the_names(name, message):
    with pytest.raises(ConfigError) as caught:
        choose(FUSIONS, name, what="fusion")
    assert str(caught.value) == message


@given(st.text(max_size=30).filter(lambda name: name not in FUSIONS))
def test_choose_refuses_every_other_name(name):
    with pytest.raises(ConfigError, match="choose one of average, concat, sum"):
        choose(FUSIONS, name, what="fusion")


@dataclass(frozen=True)
class Settings:
    epochs: int = 1
    seed: int = 0


def test_refuse_unknown_lists_all_names_that_are_not_fields():
    refuse_unknown(Settings, ["seed", "epochs"], what="training")
    with pytest.raises(ConfigError) as caught:
        refuse_unknown(Settings, ["seed", "speed", "epoch"], what="training")
    assert str(caught.value) == "Unknown training settings: epoch, speed"
    with pytest.raises(ConfigError, match=r"^Unknown training settings: epoch; did you mean epochs\?$"):
        refuse_unknown(Settings, ["seed", "epoch"], what="training")


def test_choose_refuses_what_is_not_a_name():
    with pytest.raises(ConfigError, match=r"Unknown fusion 3; choose one of average, concat, sum\.$"):
        choose(FUSIONS, 3, what="fusion")  # type: ignore[arg-type]  # the error under test
