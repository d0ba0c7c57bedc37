"""Predict a folder of videos: one long table, and the files that the command line writes."""

import ferfusion as fer

several = fer.predict(fer.sample_corpus() / "s06" / "anger", model="work/run")
print(several.table.groupby("video")["frame"].nunique())
print(several.verdicts)
print(several.save("work/predictions"))
