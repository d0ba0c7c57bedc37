#!/bin/sh
# Train, validation and test parts with their own people.
set -e
ferfusion split work/data --validation 0.2 --test 0.2 --seed 0
