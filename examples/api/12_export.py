"""Export a model to ONNX; ferfusion predicts with the file too. Needs the extra "onnx"."""

import ferfusion as fer

print(fer.export("work/run", "work/model.onnx"))
print(fer.load_model("work/model.onnx"))
