"""Predict frames in memory, and photographs."""

import av
import numpy as np
from PIL import Image

import ferfusion as fer

video = fer.sample_corpus() / "s06" / "surprise" / "s06_surprise_1.mp4"
with av.open(str(video)) as file:
    frames = np.stack([frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]).astype(np.uint8)
model = fer.load_model()  # the one that comes with the package
print(model.predict(frames, fps=25).per_second())
print(model.predict([Image.fromarray(frames[0]), frames[16]]).table[["video", "face", "expression"]])
