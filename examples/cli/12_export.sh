#!/bin/sh
# The model for other programs; the exported file predicts here, too. Needs the extra "onnx".
set -e
ferfusion export work/run work/model.onnx
