"""Compare trained models, yours and others', on the same people: python 17_study_models.py [MODEL...]."""

import sys

import ferfusion as fer

models = ["work/run", "work/study/runs/gap-sum/fold0-seed0", *sys.argv[1:]]
study = fer.study("work/data", "work/models", models=models)
print(study.summary)
print(study.comparisons[["level", "metric", "first", "second", "difference", "p_adjusted", "differs"]])
print(*study.verdict, study.protocol, study.baseline, *study.cautions, sep="\n")
