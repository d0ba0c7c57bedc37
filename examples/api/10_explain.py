"""Explain predictions: class activation maps, and the contribution of each stream."""

import ferfusion as fer

explanation = fer.explain("work/run", examples=1)
print(explanation.contributions.groupby("explained")[["spatial", "flow"]].mean())
print(explanation.page)
video = fer.sample_corpus() / "s06" / "happiness" / "s06_happiness_1.mp4"
print(fer.explain_video(video, "work/explanations", model="work/run"))
