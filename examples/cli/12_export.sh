#!/bin/sh
# Export a model to ONNX (ferfusion predicts with it too) and to Keras. Needs the extras "onnx", "keras".
set -e
ferfusion export work/run work/model.onnx
ferfusion export work/run work/Model_fusion.h5
