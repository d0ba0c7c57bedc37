"""A folder of videos in one long table, and the folder of files that the command line writes."""

import ferfusion as fer

several = fer.predict(fer.sample_corpus() / "s06" / "anger", model="work/run")
print(several.table.groupby("video")["frame"].nunique())
print(several.verdicts)
print(several.save("work/predictions"))
