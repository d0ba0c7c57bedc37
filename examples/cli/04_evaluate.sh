#!/bin/sh
# Evaluate on people outside the training, with intervals over people and the majority baseline.
set -e
ferfusion evaluate work/run
