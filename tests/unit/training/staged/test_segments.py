import numpy as np
import pandas as pd
import torch

from ferfusion.data.pairs import PartedPairs
from ferfusion.label_set import SIX
from ferfusion.training.staged.segments import group_means, part_segments

# video b was prepared as two clips; the rows of the training part stand between those of the test part
TABLE = pd.DataFrame(
    [
        ("b", "b-1", 0, 3, "test"),
        ("b", "b-1", 0, 3, "test"),
        ("a", "a-1", 0, 1, "train"),
        ("b", "b-1", 1, 3, "test"),
        ("b", "b-2", 0, 3, "test"),
        ("c", "c-1", 0, 5, "test"),
        ("c", "c-1", 0, 5, "test"),
        ("c", "c-1", 1, 5, "test"),
    ],
    columns=["video", "clip", "segment", "code", "part"],
)
PAIRS = PartedPairs(TABLE, SIX, TABLE["part"].to_numpy(dtype=np.str_))


def test_part_segments_number_the_segments_of_clips_and_their_videos():
    segments = part_segments(PAIRS, part="test", codes=PAIRS.codes)
    assert segments.rows.tolist() == [0, 1, 3, 4, 5, 6, 7]
    assert segments.segment_of_row.tolist() == [0, 0, 1, 2, 3, 3, 4]
    assert segments.video_of_segment.tolist() == [0, 0, 0, 1, 1]
    assert segments.code_of_video.tolist() == [3, 5]
    assert segments.video_of_row.tolist() == [0, 0, 0, 0, 1, 1, 1]
    assert segments.code_of_segment.tolist() == [3, 3, 3, 5, 5]


def test_part_segments_have_the_codes_that_are_trained_on():
    shuffled = np.array([4, 4, 0, 4, 4, 2, 2, 2])
    assert part_segments(PAIRS, part="test", codes=shuffled).code_of_video.tolist() == [4, 2]


def test_group_means_of_a_video_are_over_its_segments_not_over_its_pairs():
    segments = part_segments(PAIRS, part="test", codes=PAIRS.codes)
    of_rows = torch.tensor([[1.0], [3.0], [7.0], [0.0], [2.0], [4.0], [9.0]])
    of_segments = group_means(of_rows, segments.segment_of_row)
    assert of_segments.flatten().tolist() == [2.0, 7.0, 0.0, 3.0, 9.0]
    of_videos = group_means(of_segments, segments.video_of_segment)
    assert of_videos.flatten().tolist() == [3.0, 6.0]
