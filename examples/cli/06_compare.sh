#!/bin/sh
# Compare existing runs, and models on the test people of the first run.
set -e
ferfusion compare work/run work/study/runs/gap-sum/fold0-seed0/bundle.safetensors --out work/comparison
