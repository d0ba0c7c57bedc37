#!/bin/sh
# Label the videos on which a study's models are unsure, or disagree with the label; raters do it in the app
set -e
sample=$(python -c 'import ferfusion as fer; print(fer.sample_corpus())')
ferfusion label work/doubts --queue work/study --dataset work/data --corpus "$sample" \
  --number 2 --marks videos --raters Ann,Ben
ferfusion label work/doubts
