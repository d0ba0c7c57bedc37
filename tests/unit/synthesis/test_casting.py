from dataclasses import asdict

import numpy as np

from ferfusion.synthesis.casting import draw_subject

CAST = [draw_subject(index, seed=7) for index in range(18)]


def test_draw_subject_depends_on_seed_and_index_only():
    assert draw_subject(4, seed=7) == CAST[4]
    assert draw_subject(4, seed=8) != CAST[4]


def test_draw_subject_never_repeats_skin_light_scene_or_shape():
    for name in ("skin", "light", "scene", "local_changes", "phenotypes", "cloth", "brows"):
        values = [repr(getattr(subject, name)) for subject in CAST]
        assert len(set(values)) == len(CAST), name
    assert {subject.hair.style for subject in CAST} == {"bald", "cropped", "short", "long"}


def test_draw_subject_mixes_gender_ancestry_and_age():
    women = sum(subject.phenotypes["gender"] > 0.5 for subject in CAST)
    assert women == 9
    for ancestry in ("african", "asian", "caucasian"):
        assert sum(subject.phenotypes[ancestry] > 0.5 for subject in CAST) == 6
    ages = [subject.phenotypes["age"] for subject in CAST]
    assert min(ages) < 0.65
    assert max(ages) > 0.9
    brightness = [np.mean(subject.skin) for subject in CAST]
    assert max(brightness) > 2 * min(brightness)


def test_draw_subject_values_are_in_their_ranges():
    for subject in CAST:
        values = asdict(subject)
        for color in ("skin", "lips", "iris", "cloth"):
            assert all(0 <= channel <= 1 for channel in values[color])
        for share in ("blush", "freckles", "stubble", "wrinkles", "age_folds"):
            assert 0 <= values[share] <= 1
        assert all(0 <= value <= 1 for value in subject.phenotypes.values())
        assert all(-1 <= value <= 1 for value in subject.local_changes.values())
        assert np.linalg.norm(subject.light.direction) - 1 < 1e-6
        assert all(0 <= weight <= 0.2 for weight in subject.resting.values())
