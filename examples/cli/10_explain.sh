#!/bin/sh
# Explain predictions: class activation maps, and the contribution of each stream.
set -e
sample=$(python -c 'import ferfusion as fer; print(fer.sample_corpus())')
ferfusion explain work/run --examples 1
ferfusion explain work/run --video "$sample/s06/happiness/s06_happiness_1.mp4" --out work/explanations
