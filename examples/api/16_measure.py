"""Measure a model on a dataset: on people that it has not learned from, prepared with its own settings."""

import ferfusion as fer

model = fer.load_model("work/run")
others = fer.prepare(fer.sample_corpus(), "work/data", for_model=model)  # or a corpus of other people
scores = model.evaluate(others, out="work/measured")
print(scores.scores)
print(scores.protocol, scores.baseline, *scores.cautions, sep="\n")
try:
    fer.evaluate("shipped", dataset="work/data")  # the model of the package wants another detector
except fer.BundleError as error:
    print(error)
