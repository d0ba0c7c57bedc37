import pytest

from helpers.measurements import fake_measurement


@pytest.mark.parametrize(("part", "words"), [("all", "the dataset"), ("test", "the test part")])
def test_measurement_protocol_names_the_part_and_what_is_known_of_the_people(part, words):
    measured = fake_measurement(part=part, notes=("The model has no Fear: 3 pairs of it left out.",))
    assert measured.protocol == (
        f"Protocol: {words} was predicted once; nothing was trained or chosen here. None of its clips is "
        "in the model's training. The model has no Fear: 3 pairs of it left out."
    )
    assert measured.parts == (part,)


def test_measurement_counts_the_pairs_of_each_class():
    measured = fake_measurement()
    counts = measured.pairs_by_class["all"]
    assert list(counts) == list(measured.labels.names)
    assert sum(counts.values()) == len(measured.predictions)
    assert counts["Sadness"] == 160


def test_measurement_summary_has_model_dataset_and_baseline():
    summary = fake_measurement().summary()
    assert summary["model"]["sha256"] == "0" * 64
    assert summary["dataset"] | {"path": ""} == {
        "path": "",
        "corpus": "ravdess",
        "identity": "0123456789abcdef",
        "part": "all",
    }
    assert summary["majority"]["answer"] == "Sadness"
