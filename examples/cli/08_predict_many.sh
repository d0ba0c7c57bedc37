#!/bin/sh
# A folder of videos; a line for each in work/predictions/videos.csv.
set -e
sample=$(python -c 'import ferfusion as fer; print(fer.sample_corpus())')
ferfusion predict "$sample/s06/anger" --bundle work/run --out work/predictions
