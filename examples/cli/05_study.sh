#!/bin/sh
# Which fusion is better, once chance, other people and other trainings are taken into account.
set -e
ferfusion study work/data work/study --variants fusion=gap-concat --variants fusion=gap-sum \
    --seeds 2 --epochs 1 --batch-size 64
