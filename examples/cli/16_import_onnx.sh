#!/bin/sh
# Import an expression network of others: sh 16_import_onnx.sh network.onnx. Needs the extra "onnx".
set -e
ferfusion import-onnx "$1" work/foreign.onnx --preset emotieff-b0-8
