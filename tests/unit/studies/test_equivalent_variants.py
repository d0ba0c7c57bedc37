import pytest

from ferfusion.models.config import ModelConfig
from ferfusion.studies.equivalent_variants import EquivalentPair, equivalence_lines, equivalent_pairs

LAYERS, OPERATORS = ("flatten", "gap"), ("concat", "sum", "average")


def fusions(**settings):
    return {
        f"{layer}-{operator}": ModelConfig(fusion=f"{layer}-{operator}", **settings)
        for layer in LAYERS
        for operator in OPERATORS
    }


def found(configs):
    return {(each.first, each.second): each.factor for each in equivalent_pairs(configs, num_classes=6)}


def test_flatten_and_gap_are_one_function_on_a_1x1_map_and_sum_is_twice_the_average():
    same = found(fusions(stream="listing"))
    assert {pair for pair, factor in same.items() if factor == 1} == {
        (f"flatten-{operator}", f"gap-{operator}") for operator in OPERATORS
    }
    assert {frozenset(pair): max(factor, 1 / factor) for pair, factor in same.items() if factor != 1} == {
        frozenset((f"{one}-sum", f"{other}-average")): 2 for one in LAYERS for other in LAYERS
    }


def test_flatten_and_gap_differ_where_the_map_is_larger():
    assert set(found(fusions(stream="spatial-map"))) == {
        (f"{layer}-sum", f"{layer}-average") for layer in LAYERS
    }


def test_at_another_size_of_picture_the_last_map_is_no_single_value():
    assert ("flatten-concat", "gap-concat") not in found(fusions(size=64))


@pytest.mark.parametrize(
    "setting", [{"flow_encoding": "hsv"}, {"input_scaling": "unit"}, {"fusion": "gap-max"}]
)
def test_what_is_fed_or_computed_otherwise_is_another_function(setting):
    assert not found({"a": ModelConfig(), "b": ModelConfig(**setting)})


def test_one_stream_has_nothing_to_fuse():
    same = found(
        {name: ModelConfig(architecture="spatial", fusion=f"gap-{name}") for name in ("concat", "sum")}
    )
    assert same == {("concat", "sum"): 1.0}


def test_a_group_of_equal_networks_is_one_sentence():
    pairs = [EquivalentPair("a", "b", 1.0), EquivalentPair("b", "c", 1.0), EquivalentPair("a", "d", 0.5)]
    first, second = equivalence_lines([*pairs, EquivalentPair("b", "d", 0.5)])
    assert first.startswith("a, b and c are the same function:")
    assert second.startswith("a and d can represent the same functions:")
