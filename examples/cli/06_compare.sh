#!/bin/sh
# Compare existing runs.
set -e
ferfusion compare work/run work/study/runs/gap-sum/fold0-seed0 --out work/comparison
