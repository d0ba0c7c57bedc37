#!/bin/sh
# Compare trained models, yours and others', on the same people: sh 17_study_models.sh [MODEL...]
set -e
ferfusion study work/data work/models --models work/run work/study/runs/gap-sum/fold0-seed0 "$@"
