"""Prepare labelled videos: face crops and optical flow."""

import ferfusion as fer

data = fer.prepare(fer.sample_corpus(), "work/data")
print(data)
print(data.videos[["video", "subject", "emotion", "frames", "status"]].head())
data.plot().savefig("work/classes.png")
