#!/bin/sh
# Predict a camera (ferfusion webcam), a stream, or, as here, a video played at its own rate.
set -e
sample=$(python -c 'import ferfusion as fer; print(fer.sample_corpus())')
ferfusion webcam "$sample/s06/fear/s06_fear_1.mp4" --bundle work/run --seconds 1
