"""Export a model to ONNX (ferfusion predicts with it too) and to Keras. Needs the extras "onnx", "keras"."""

import ferfusion as fer

print(fer.export("work/run", "work/model.onnx"))
print(fer.load_model("work/model.onnx"))
print(fer.export("work/run", "work/Model_fusion.h5"))
