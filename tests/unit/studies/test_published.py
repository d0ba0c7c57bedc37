import re

from ferfusion.corpora.catalogue import CORPORA as ALL_CORPORA
from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from ferfusion.studies.plan import read_variants
from ferfusion.studies.published import CAVEAT, CORPORA, PUBLISHED, published_row
from ferfusion.training.recipe import TrainRecipe

TABLE_1 = """
Baseline 1: Flatten + Concatenate | 3,961,350 | 57.7
Flatten + Sum                     | 3,699,206 | 59.77
Flatten + Average                 | 3,699,206 | 57.71
GAP + Concatenate                 | 3,961,350 | 59.8
GAP + Sum                         | 3,699,206 | 56.48
GAP + Average                     | 3,699,206 | 57.66
"""
"""The report's Table 1 as it is printed: fusion, parameters, accuracy in percent."""


def test_published_rows_are_those_of_the_report():
    rows = {}
    for line in TABLE_1.strip().splitlines():
        fusion, parameters, accuracy = (cell.strip() for cell in line.split("|"))
        layer, operator = fusion.removeprefix("Baseline 1: ").lower().split(" + ")
        name = f"{layer}-{operator.replace('concatenate', 'concat')}"
        rows[name] = (int(parameters.replace(",", "")), round(float(accuracy) / 100, 4))
    assert {name: (row.parameters, row.accuracy) for name, row in PUBLISHED.items()} == rows


def test_published_rows_are_the_group_of_fusions():
    variants = read_variants(["fusions"], model=ModelConfig(), recipe=TrainRecipe())
    assert tuple(PUBLISHED) == tuple(each.name for each in variants)


def test_published_sizes_are_those_of_the_networks():
    for name, row in PUBLISHED.items():
        model = build_model(ModelConfig(stream="table1", fusion=name), 6)
        assert sum(parameter.numel() for parameter in model.parameters()) == row.parameters


def test_published_accuracies_exceed_the_majority_baseline_of_the_caveat():
    [majority] = re.findall(r"(\d+\.\d) %", CAVEAT)
    assert all(row.accuracy > float(majority) / 100 for row in PUBLISHED.values())


def test_published_row_is_of_two_streams_on_baum1_only():
    row = published_row(architecture="two-stream", fusion="gap-sum", corpus="baum1s")
    assert row is not None
    assert row.accuracy == 0.5648
    for other in ({"architecture": "spatial"}, {"fusion": "gap-max"}, {"corpus": "csv"}, {"corpus": ""}):
        settings = {"architecture": "two-stream", "fusion": "gap-sum", "corpus": "baum1s"} | other
        assert published_row(**settings) is None


def test_published_corpora_are_the_layouts_of_baum1():
    assert {name for name in ALL_CORPORA if name.startswith("baum1")} == CORPORA
