"""From labels of two raters to a training: two faces in each video, stretches, votes."""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

import ferfusion as fer
from helpers.videos import decode_plainly, write_video

PAIRS = tuple((f"s{number:02d}", f"s{number + 1:02d}") for number in range(1, 13, 2))
"""People who are seen side by side."""
CLASSES = ("fear", "joy")
WORDS = {"fear": "fear", "joy": "happiness"}


def two_faces(path, corpus, people, words):
    """A video with two people of the sample corpus side by side, the first on the left."""
    halves = []
    for person, word in zip(people, words, strict=True):
        video = corpus / person / WORDS[word] / f"{person}_{WORDS[word]}_1.mp4"
        halves.append([frame.to_ndarray(format="rgb24") for frame in decode_plainly(video)])
    length = min(map(len, halves))
    side = max(half[0].shape[0] for half in halves)
    frames = [np.hstack([cv2.resize(half[k], (side, side)) for half in halves]) for k in range(length)]
    return write_video(path, frames)


def label_all(project, words):
    """Both raters mark the same class for each face, over stretches that differ a little."""
    items = project.items.set_index("item")
    for rater, start in (("Ann", 0.0), ("Ben", 0.1)):
        for item in items.index:
            boxes = project.boxes(item)
            place = int(boxes[0][1] > boxes[0][3])  # the face on the right begins beyond a face's width
            label = words[Path(items.loc[item, "path"]).stem][place]
            project.mark(rater, item, label, start, items.loc[item, "seconds"], intensity=2)
            project.done(rater, item)


@pytest.mark.slow
def test_labels_of_two_faces_are_prepared_and_trained(tmp_path, sample_corpus):
    videos, words = tmp_path / "videos", {}
    videos.mkdir()
    for number, people in enumerate(PAIRS):
        own = ("fear", "joy") if number % 2 else ("joy", "fear")
        two_faces(videos / f"{'_'.join(people)}.mp4", sample_corpus, people, own)
        words["_".join(people)] = own
    project = fer.labels(tmp_path / "labels", videos, classes=CLASSES, raters=["Ann", "Ben"], faces=True)
    assert project.items.groupby("path")["face"].nunique().tolist() == [2] * 6
    label_all(project, words)
    assert project.agreement().alpha["value"].iloc[0] > 0.5

    answers = project.export(tmp_path / "out" / "answers.csv", "answers")
    same = ["label", "start", "end", "intensity", "rater"]
    written, given = pd.read_csv(answers), project.answers()
    assert written[same].astype(str).values.tolist() == given[same].astype(str).values.tolist()

    consensus = project.export(tmp_path / "out" / "consensus.csv")
    answers.unlink()  # prepare takes the table with its votes beside it
    data = fer.prepare(consensus, tmp_path / "data", labels=",".join(CLASSES), keep_every=8, progress=False)
    used = data.videos[data.videos["status"] == "ok"]
    assert len(used) == 12
    assert used["subject"].nunique() == 12
    votes = pd.read_csv(tmp_path / "data" / "votes.csv").set_index("video")
    assert votes[list(CLASSES)].sum(axis=1).tolist() == [2] * 12
    for row in used.to_dict("records"):
        name = Path(row["path"]).stem
        clip = data.pairs[data.pairs["video"] == row["video"]]
        frames = data.frames[(data.frames["video"] == row["video"]) & (data.frames["status"] == "ok")]
        place = int(frames["x"].mean() > frames["w"].mean())
        assert clip["emotion"].unique().tolist() == [words[name][place]]
    data.split(seed=0)
    run = fer.train(
        data, tmp_path / "run", architecture="spatial", epochs=1, batch_size=16, head_units=16, progress=False
    )
    assert run.labels.names == CLASSES
