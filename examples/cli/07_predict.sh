#!/bin/sh
# Predict one video: frame table, verdict, annotated video, page.
set -e
sample=$(python -c 'import ferfusion as fer; print(fer.sample_corpus())')
ferfusion predict "$sample/s06/happiness/s06_happiness_1.mp4" --bundle work/run --out work/predictions
