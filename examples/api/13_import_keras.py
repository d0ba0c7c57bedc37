"""Import a model that Keras trained: python 13_import_keras.py Model_fusion.h5. Needs the extra "keras"."""

import sys

import ferfusion as fer

model = fer.import_keras(sys.argv[1], "work/from-keras.safetensors")
print(*model.notes, sep="\n")
