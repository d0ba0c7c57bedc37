#!/bin/sh
# Faces and optical flow out of labelled videos.
set -e
sample=$(python -c 'import ferfusion as fer; print(fer.sample_corpus())')
ferfusion prepare "$sample" work/data
