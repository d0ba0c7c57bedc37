#!/bin/sh
# One training; run it again and it resumes, or says that it is finished.
set -e
ferfusion train work/data work/run --fusion gap-concat --epochs 2 --batch-size 32 --device auto
