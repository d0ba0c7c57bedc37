#!/bin/sh
# Scores on people that training never saw, with intervals over people and the majority baseline.
set -e
ferfusion evaluate work/run
