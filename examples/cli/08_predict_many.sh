#!/bin/sh
# Predict a folder of videos; work/predictions/videos.csv has a row for each.
set -e
sample=$(python -c 'import ferfusion as fer; print(fer.sample_corpus())')
ferfusion predict "$sample/s06/anger" --bundle work/run --out work/predictions
