import numpy as np
import pandas as pd
import pytest

from ferfusion.errors import DatasetError
from ferfusion.evaluation.aligned import aligned_answers, join_folds
from ferfusion.label_set import SIX
from helpers.studies import tables

COLUMNS = list(SIX.probability_columns)


@pytest.fixture(scope="module")
def predictions():
    return tables(np.random.default_rng(0), skills={"weak": 0.2, "strong": 2.5}, subjects=4)


def test_aligned_answers_are_loops_over_people_and_seeds(predictions):
    answers = aligned_answers(predictions, labels=SIX)["pair"]
    assert answers.subjects == ("P00", "P01", "P02", "P03")
    for name, seeds in predictions.items():
        for seed, table in enumerate(seeds):
            for place, subject in enumerate(answers.subjects):
                rows = table[table["subject"] == subject]
                expected = pd.crosstab(rows["code"], rows[COLUMNS].to_numpy().argmax(axis=1)).reindex(
                    index=range(6), columns=range(6), fill_value=0
                )
                assert (answers.confusions[name][seed, place] == expected.to_numpy()).all()
    assert (answers.truth.sum(axis=0) == np.diag(np.bincount(answers.codes))).all()


def test_aligned_answers_joint_is_the_class_of_the_mean_probabilities(predictions):
    answers = aligned_answers(predictions, labels=SIX)["video"]
    for name, seeds in predictions.items():
        mean = sum(table.groupby("video")[COLUMNS].mean().to_numpy() for table in seeds)
        assert (answers.joint[name] == mean.argmax(axis=1)).all()


def test_answers_constant_counts_every_row_in_the_column_of_its_persons_class(predictions):
    answers = aligned_answers(predictions, labels=SIX)["video"]
    assert (answers.constant(4)[:, 4] == np.bincount(answers.codes)).all()
    assert answers.constant(4).sum() == len(answers.codes)
    by_person = answers.constant({"P00": 0, "P01": 0, "P02": 0, "P03": 5})
    assert by_person.sum(axis=0).tolist() == [36, 0, 0, 0, 0, 12]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda table: table[table["video"] != "P00-Fear-1"],
            "1 video is in one of the two only, for example",
        ),
        (lambda table: table.iloc[1:], "their videos differ in rows, subjects or labels"),
        (lambda table: table.assign(part="validation"), "no row of the test part; they have validation"),
    ],
    ids=["video", "row", "part"],
)
def test_aligned_answers_refuse_tables_of_other_test_rows(predictions, change, message):
    strong = [*predictions["strong"][:2], change(predictions["strong"][2])]
    with pytest.raises(DatasetError, match=f"strong, seed 2.*{message}"):
        aligned_answers({"weak": predictions["weak"], "strong": strong}, labels=SIX)


@pytest.mark.parametrize("nothing", [{}, {"weak": []}])
def test_aligned_answers_refuse_a_study_without_a_table(nothing):
    with pytest.raises(DatasetError, match="at least one variant"):
        aligned_answers(nothing, labels=SIX)


def test_join_folds_tests_every_subject_once(predictions):
    table = predictions["weak"][0]
    folds = [table[table["subject"].isin(names)] for names in (["P00", "P01"], ["P02"])]
    joined = join_folds(folds)
    assert sorted(joined["subject"].unique()) == ["P00", "P01", "P02"]
    with pytest.raises(DatasetError, match="12 videos are tested in more than one fold, for example P02-"):
        join_folds([*folds, folds[1]])
