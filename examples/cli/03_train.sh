#!/bin/sh
# Train one model; a second call resumes it, or reports that it is finished.
set -e
ferfusion train work/data work/run --fusion gap-concat --epochs 2 --batch-size 32 --device auto
