from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ferfusion.tabulation.rows import rows_of
from ferfusion.tabulation.schema import TABLES, Schema


@pytest.fixture(scope="module")
def first(schema):
    """The rows of the first training."""
    return dict(rows_of(schema, next(schema.result.observe())))


def test_frame_rows_are_the_tested_pairs_with_what_was_predicted(first):
    frames = first["frames"]
    shares = frames[["p_anger", "p_alegria", "p_class_3"]].to_numpy()
    names = np.array(["Anger", "alegría", "生气"])
    assert len(frames) == 3 * 6 * 3
    assert (frames["expression"] == names[shares.argmax(axis=1)]).all()
    assert (frames["correct"] == (frames["expression"] == frames["emotion"])).all()
    true = shares[np.arange(len(frames)), frames["emotion"].map({n: i for i, n in enumerate(names)})]
    assert frames["p_true"].to_numpy() == pytest.approx(true)
    assert not any(name.startswith("vote") for name in frames)


def test_video_rows_are_means_over_pairs_with_votes_and_people(first):
    videos, frames = first["videos"], first["frames"]
    means = frames.groupby("video")["p_alegria"].mean()
    assert videos["p_alegria"].to_numpy() == pytest.approx(means[videos["video"]].to_numpy())
    assert (videos["pairs"] == 3).all()
    own = videos.set_index("video").loc["P2-0-1"]
    assert (own["votes_anger"], own["votes_unsure"], own["voted"]) == (3, 1, "Anger")
    assert videos.loc[videos["video"].str.endswith("-0"), "voted"].isna().all()  # ties
    assert (own["age"], own["person_Seed"]) == (29, "b")


def test_rows_of_people_with_every_column_of_the_tables_and_the_files(schema):
    one = next(schema.result.observe())
    own = [
        *(field.name for name in TABLES for field in schema.fields(name)),
        *one.pairs,
        "Code",
        "person_uar",
    ]
    subjects = pd.DataFrame({"subject": one.pairs["subject"].unique()})
    subjects = subjects.assign(**dict.fromkeys(set(own) - {"subject"}, "x"))
    full = Schema(replace(schema.result, people=subjects))
    for name, table in rows_of(full, one):
        before = [field.name for field in schema.fields(name) if field.column.kind != "as there"]
        pd.testing.assert_frame_equal(table[before], dict(rows_of(schema, one))[name][before])
        assert (table[[*full.names("<column of people>").values()]] == "x").all(axis=None)


def test_person_rows_count_videos_and_mean_recalls(first):
    people, videos = first["people"], first["videos"]
    for row in people.to_dict("records"):
        own = videos[videos["subject"] == row["subject"]]
        recalls = [own.loc[own["emotion"] == name, "correct"].mean() for name in own["emotion"].unique()]
        assert (row["videos"], row["correct"], row["classes"]) == (len(own), own["correct"].sum(), 3)
        assert row["uar"] == pytest.approx(np.mean(recalls))
    assert people["subject"].tolist() == ["P0", "P2", "P4"]
