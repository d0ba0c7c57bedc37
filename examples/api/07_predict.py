"""Predict one video: a row per frame and face, the verdict, the timeline; it writes only the figure."""

import ferfusion as fer

model = fer.load_model("work/run", device="auto")
seen = model.predict(fer.sample_corpus() / "s06" / "happiness" / "s06_happiness_1.mp4")
print(seen.statement)
print(seen.table.head())
print(seen.per_second())
print(seen.spans())
print(seen.onsets("Happiness"))
seen.plot().savefig("work/timeline.png")
