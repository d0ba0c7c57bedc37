"""Label a study's doubtful videos: two raters, their agreement, a decision, a table for prepare."""

import ferfusion as fer

queue = fer.label_queue("work/data", "work/study", fer.sample_corpus(), number=2)
reasons = dict(zip(queue["path"], queue["reason"], strict=True))
project = fer.labels(
    "work/labels", list(queue["path"]), marks="videos", raters=["Ann", "Ben"], reasons=reasons
)
for rater, answers in {"Ann": queue["label"], "Ben": queue["named"]}.items():
    for item, label in zip(project.items["item"], answers, strict=True):
        project.mark(rater, item, label, intensity=3)
        project.done(rater, item)
agreement = project.agreement()
print(project.progress, agreement.alpha, agreement.disputed, sep="\n")
for item in agreement.disputed["item"]:
    project.decide(item, [{"label": "Fear"}], by="Ann and Ben")
print(project.export("work/labels.csv"))
