"""The model for other programs; the exported file predicts here, too. Needs the extra "onnx"."""

import ferfusion as fer

print(fer.export("work/run", "work/model.onnx"))
print(fer.load_model("work/model.onnx"))
