"""Import an expression network of others: python 16_import_onnx.py network.onnx. Needs the extra "onnx"."""

import sys

import ferfusion as fer

model = fer.import_onnx(sys.argv[1], "work/foreign.onnx", preset="emotieff-b0-8")
print(*model.notes, sep="\n")
print(model.predict(fer.sample_corpus() / "s01/fear/s01_fear_1.mp4").statement)
