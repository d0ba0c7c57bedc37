"""Compare fusions over several trainings and people, with corrected tests."""

import ferfusion as fer

study = fer.study(
    "work/data",
    "work/study",
    variants=["fusion=gap-concat", "fusion=gap-sum"],
    seeds=2,
    epochs=1,
    batch_size=64,
    stream="listing-16-32",  # a small one, so that the example is quick
)
print(study.table)
print(study.letters)
