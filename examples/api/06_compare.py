"""Compare existing runs, and models on the test people of the first run."""

import ferfusion as fer

comparison = fer.compare(["work/run", "work/study/runs/gap-sum/fold0-seed0/bundle.safetensors"])
print(comparison.table[["run", "fusion", "video_uar", "video_uar_low", "video_uar_high"]])
print(comparison.save("work/comparison"))
