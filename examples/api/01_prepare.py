"""Faces and optical flow out of labelled videos."""

import ferfusion as fer

data = fer.prepare(fer.sample_corpus(), "work/data")
print(data)
print(data.videos[["video", "subject", "emotion", "frames", "status"]].head())
data.plot().savefig("work/classes.png")
