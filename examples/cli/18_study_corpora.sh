#!/bin/sh
# Train on each of two corpora and test on both: the sample, and another rendering. Needs the extra "synth".
set -e
sample=$(python -c 'import ferfusion as fer; print(fer.sample_corpus())')
ferfusion synthesize work/others --subjects 12 --clips 1 --seed 101 --size 128 --fps 30 --crf 30 \
    --min-intensity 0.5 --max-intensity 0.9
ferfusion prepare "$sample" work/sample --keep-every 8 --no-images
ferfusion prepare work/others work/rendered --keep-every 8 --no-images
ferfusion study work/sample work/rendered work/across --protocol each-to-each --seeds 2 \
    --architecture spatial --stream residual --start-from "$sample/../shipped/faces.safetensors" \
    --epochs 6 --batch-size 16 --schedule cosine --learning-rate 0.0005
