"""Evaluate on people outside the training, with intervals over people and the majority baseline."""

import ferfusion as fer

scores = fer.Run("work/run").evaluate()
print(scores.scores)
print(scores.protocol, *scores.cautions, sep="\n")
scores.plot_confusion("test", "video").savefig("work/confusion.png")
