#!/bin/sh
# Import a model that Keras trained: sh 13_import_keras.sh Model_fusion.h5. Needs the extra "keras".
set -e
ferfusion import-keras "$1" work/from-keras.safetensors
