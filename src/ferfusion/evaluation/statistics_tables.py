"""The statistics of a study as tables."""

import pandas as pd

from ferfusion.evaluation.multiplicity import group_letters
from ferfusion.evaluation.statistics import StudyStatistics


def variants_table(study: StudyStatistics) -> pd.DataFrame:
    """Return a row for each level, variant and metric, the best variant first.

    Columns: ``level, variant, metric, value, low, high, baseline, seeds, seed_deviation, subjects, letters``;
    variants that share one of the ``letters`` do not differ in that metric; only compared metrics have it.
    """
    letters = {(family.level, family.metric): group_letters(family.groups) for family in study.families}
    return pd.DataFrame(
        [
            {
                "level": variant.level,
                "variant": variant.name,
                "metric": metric,
                "value": estimate.value,
                "low": estimate.interval.low,
                "high": estimate.interval.high,
                "baseline": estimate.baseline,
                "seeds": len(estimate.by_seed),
                "seed_deviation": estimate.seed_deviation,
                "subjects": study.subjects,
                "letters": letters.get((variant.level, metric), {}).get(variant.name, ""),
            }
            for variant in study.variants
            for metric, estimate in variant.estimates.items()
        ]
    )


def comparisons_table(study: StudyStatistics) -> pd.DataFrame:
    """Return a row for each level, metric and pair of variants: the difference and every p-value."""
    return pd.DataFrame(
        [
            {
                "level": family.level,
                "metric": family.metric,
                "first": pair.first,
                "second": pair.second,
                "difference": pair.difference.value,
                "low": pair.difference.interval.low,
                "high": pair.difference.interval.high,
                "p_subjects": pair.difference.p_subjects,
                "p_trainings": pair.difference.p_trainings,
                "p": pair.difference.p,
                "p_adjusted": pair.p_adjusted,
                "differs": pair.differs,
                "mcnemar_first_only": pair.mcnemar.first_only,
                "mcnemar_second_only": pair.mcnemar.second_only,
                "mcnemar_exact": pair.mcnemar.exact,
                "mcnemar_mid": pair.mcnemar.mid,
                "mcnemar_adjusted": pair.mcnemar_adjusted,
            }
            for family in study.families
            for pair in family.pairs
        ]
    )
