#!/bin/sh
# Compare fusions over several trainings and people, with corrected tests.
set -e
ferfusion study work/data work/study --variants fusion=gap-concat --variants fusion=gap-sum \
    --seeds 2 --epochs 1 --batch-size 64 --stream listing-16-32
