"""Train one model; a second call resumes it, or reports that it is finished."""

import ferfusion as fer

run = fer.train("work/data", "work/run", fusion="gap-concat", epochs=2, batch_size=32, device="auto")
print(run)
print(run.validation)
run.plot().savefig("work/learning.png")
