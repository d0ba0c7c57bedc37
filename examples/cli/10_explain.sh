#!/bin/sh
# Where the model looked, and what each stream contributed.
set -e
sample=$(python -c 'import ferfusion as fer; print(fer.sample_corpus())')
ferfusion explain work/run --examples 1
ferfusion explain work/run --video "$sample/s06/happiness/s06_happiness_1.mp4" --out work/explanations
