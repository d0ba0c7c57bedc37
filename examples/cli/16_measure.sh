#!/bin/sh
# Measure a model on a dataset: on people that it has not learned from, prepared with its own settings.
set -e
sample=$(python -c "import ferfusion; print(ferfusion.sample_corpus())")
ferfusion prepare "$sample" work/data --for work/run
ferfusion evaluate work/run --dataset work/data --out work/measured
