#!/bin/sh
# Prepare labelled videos: face crops and optical flow.
set -e
sample=$(python -c 'import ferfusion as fer; print(fer.sample_corpus())')
ferfusion prepare "$sample" work/data
