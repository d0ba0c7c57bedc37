#!/bin/sh
# Export a model to ONNX; ferfusion predicts with the file too. Needs the extra "onnx".
set -e
ferfusion export work/run work/model.onnx
