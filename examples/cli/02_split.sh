#!/bin/sh
# Split a dataset into train, validation and test parts with different people.
set -e
ferfusion split work/data --validation 0.2 --test 0.2 --seed 0
