"""Very large images and very long videos, prepared as a user does."""

import subprocess
import sys

import cv2
import numpy as np
import pytest

from ferfusion.corpora.entries import VideoEntry
from ferfusion.files import read_json
from ferfusion.preparation.clip_file import read_clip
from ferfusion.preparation.labelled_video import PrepareJob, prepare_video
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.video.reader import read_frames
from helpers.scenes import grey_video, paint
from helpers.videos import write_video

PEAK_PROGRAM = """
import resource, sys
from pathlib import Path
from ferfusion.corpora.entries import VideoEntry
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.preparation.labelled_video import PrepareJob, prepare_video
video, dataset = map(Path, sys.argv[1:])
entry = VideoEntry(video, "v", "s", "Anger")
prepare_video(PrepareJob(entry, dataset, PrepareRecipe(detector="none"), False))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.slow
def test_prepare_video_of_8k(tmp_path, sample_corpus):
    """A rendered face, enlarged to 7680 x 4320."""
    small = next(read_frames(next((sample_corpus / "s01" / "happiness").glob("*.mp4")))).rgb()
    image = cv2.copyMakeBorder(small, 0, 0, 68, 69, cv2.BORDER_REPLICATE)
    large = np.asarray(cv2.resize(image, (7680, 4320), interpolation=cv2.INTER_LINEAR), np.uint8)
    video = write_video(tmp_path / "large.mp4", [large] * 4)
    job = PrepareJob(VideoEntry(video, "v", "s", "Happiness"), tmp_path / "d", PrepareRecipe(), images=False)
    prepare_video(job)
    row = read_json(job.rows_file)["video"]
    assert (row["status"], row["frames"], row["faces"]) == ("ok", 4, 4)
    boxes = read_clip(job.clip_file)["boxes"]
    # the box is 86 px wide in the rendered image, which is enlarged 24.5 times; measured: 2,114 px
    assert boxes[:, 2] == pytest.approx(24.5 * 86, rel=0.05)
    assert (np.abs(np.diff(boxes, axis=0)) < 1).all()


@pytest.mark.slow
def test_prepare_video_memory_does_not_grow_with_the_length(tmp_path):
    """Twelve times as long, and only a few numbers per frame more in memory.

    The difference is 34 or 35 MiB in six runs: 24 MiB more of the spool, which holds up to 2,048 faces, and
    2 kB for each of 5,500 frames. If memory held all faces, it would be 95 MiB.
    """
    peaks = []
    for count in (500, 6_000):
        images = [paint([(40, 30, 30)], height=48, width=64, seed=k % 7) for k in range(count)]
        video = grey_video(tmp_path / f"{count}.mp4", images)
        command = [sys.executable, "-c", PEAK_PROGRAM, str(video), str(tmp_path / str(count))]
        peaks.append(
            int(subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout)
        )
    assert peaks[1] < peaks[0] + 40, f"MiB at 500 and at 6,000 frames: {peaks}"
