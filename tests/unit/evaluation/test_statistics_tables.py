import numpy as np
import pytest

from ferfusion.evaluation.multiplicity import group_letters
from ferfusion.evaluation.statistics import study_statistics
from ferfusion.evaluation.statistics_tables import comparisons_table, variants_table
from ferfusion.label_set import SIX
from helpers.studies import tables

SKILLS = {"weak": 0.2, "strong": 2.5, "as strong": 2.5}


@pytest.fixture(scope="module")
def study():
    return study_statistics(tables(np.random.default_rng(0), skills=SKILLS), labels=SIX, baseline=4)


def test_variants_table_has_a_row_per_level_variant_and_metric(study):
    table = variants_table(study).set_index(["level", "variant", "metric"])
    assert len(table) == 2 * 3 * 3
    for variant in study.variants:
        for metric, estimate in variant.estimates.items():
            row = table.xs((variant.level, variant.name, metric))
            assert row["value"] == estimate.value
            assert (row["low"], row["high"]) == (estimate.interval.low, estimate.interval.high)
            assert (row["baseline"], row["seeds"], row["subjects"]) == (estimate.baseline, 3, 12)


def test_variants_table_has_letters_for_compared_metrics_only(study):
    table = variants_table(study)
    letters = table.query("level == 'video' and metric == 'uar'").set_index("variant")["letters"]
    assert letters.to_dict() == group_letters(study.family("video", "uar").groups)
    assert letters["strong"] == letters["as strong"] == "a"
    assert letters["weak"] == "b"
    assert table.query("metric == 'macro_f1'")["letters"].eq("").all()


def test_comparisons_table_has_a_row_per_level_metric_and_pair_of_variants(study):
    table = comparisons_table(study)
    assert len(table) == 2 * 2 * 3
    pairs = [pair for family in study.families for pair in family.pairs]
    for row, pair in zip(table.itertuples(), pairs, strict=True):
        assert (row.first, row.second, row.differs) == (pair.first, pair.second, pair.differs)
        assert (row.difference, row.p_adjusted) == (pair.difference.value, pair.p_adjusted)
        assert row.mcnemar_first_only == pair.mcnemar.first_only
