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


def test_equivalent_pairs_of_the_fusions_on_a_1x1_map():
    same = found(fusions(stream="listing"))
    assert {pair for pair, factor in same.items() if factor == 1} == {
        (f"flatten-{operator}", f"gap-{operator}") for operator in OPERATORS
    }
    assert {frozenset(pair): max(factor, 1 / factor) for pair, factor in same.items() if factor != 1} == {
        frozenset((f"{one}-sum", f"{other}-average")): 2 for one in LAYERS for other in LAYERS
    }


def test_equivalent_pairs_have_no_flatten_and_gap_on_a_larger_map():
    assert set(found(fusions(stream="spatial-map"))) == {
        (f"{layer}-sum", f"{layer}-average") for layer in LAYERS
    }


def test_equivalent_pairs_have_no_flatten_and_gap_at_another_crop_size():
    assert ("flatten-concat", "gap-concat") not in found(fusions(size=64))


@pytest.mark.parametrize(
    "setting", [{"flow_encoding": "hsv"}, {"input_scaling": "unit"}, {"fusion": "gap-max"}]
)
def test_equivalent_pairs_have_no_networks_of_other_input_or_operation(setting):
    assert not found({"a": ModelConfig(), "b": ModelConfig(**setting)})


def test_equivalent_pairs_of_one_stream_do_not_depend_on_the_operator():
    same = found(
        {name: ModelConfig(architecture="spatial", fusion=f"gap-{name}") for name in ("concat", "sum")}
    )
    assert same == {("concat", "sum"): 1.0}


def test_equivalence_lines_have_a_sentence_for_a_group():
    pairs = [EquivalentPair("a", "b", 1.0), EquivalentPair("b", "c", 1.0), EquivalentPair("a", "d", 0.5)]
    first, second = equivalence_lines([*pairs, EquivalentPair("b", "d", 0.5)])
    assert first.startswith("a, b and c are the same function:")
    assert second.startswith("a and d can represent the same functions:")
