#!/bin/sh
# Render a corpus of artificial faces. Needs the extra "synth".
set -e
ferfusion synthesize work/rendered --subjects 1 --clips 1 --frames 12 --size 64
