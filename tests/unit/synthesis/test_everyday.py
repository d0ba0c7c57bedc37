from dataclasses import asdict

import numpy as np
import pytest

from ferfusion.label_set import SIX
from ferfusion.synthesis.actions import PROTOTYPES, draw_units, weights_of_units
from ferfusion.synthesis.casting import draw_subject
from ferfusion.synthesis.everyday import EMFACS_VARIANTS, draw_everyday_subject

CAST = [draw_everyday_subject(index, seed=7) for index in range(30)]


def test_everyday_subject_depends_on_seed_and_index_only():
    assert draw_everyday_subject(4, seed=7) == CAST[4]
    assert draw_everyday_subject(4, seed=8) != CAST[4]


def test_everyday_subject_shares_nothing_drawn_with_the_studio():
    for index, subject in enumerate(CAST):
        other = draw_subject(index, seed=7)
        assert subject.name == other.name
        for name in ("skin", "light", "scene", "local_changes", "phenotypes", "cloth", "brows", "hair"):
            assert getattr(subject, name) != getattr(other, name), name


def test_everyday_subjects_are_of_no_single_ancestry():
    ancestries = np.array(
        [[each.phenotypes[name] for name in ("african", "asian", "caucasian")] for each in CAST]
    )
    assert ancestries.sum(axis=1) == pytest.approx(1)
    assert np.median(ancestries.max(axis=1)) < 0.9
    skin = np.array([np.mean(each.skin) for each in CAST])
    assert abs(np.corrcoef(skin, ancestries[:, 0])[0, 1]) < 0.5


def test_everyday_light_falls_from_both_sides_and_from_below():
    across, _, upwards = np.array([each.light.direction for each in CAST]).T
    assert across.min() < -0.5
    assert across.max() > 0.5
    assert upwards.min() < 0
    studio = np.array([draw_subject(index, seed=7).light.ambient for index in range(30)])
    assert np.ptp([each.light.ambient for each in CAST]) > np.ptp(studio)


def test_everyday_subject_values_are_in_their_ranges():
    for subject in CAST:
        values = asdict(subject)
        for color in ("skin", "lips", "cloth"):
            assert all(0 <= channel <= 1 for channel in values[color]), color
        assert all(-1 <= value <= 1 for value in subject.local_changes.values())
        assert all(0 <= value <= 1 for value in subject.phenotypes.values())
        assert np.linalg.norm(subject.light.direction) == pytest.approx(1)
        assert all(0 <= weight <= 0.25 for weight in subject.resting.values())
        assert abs(subject.scene.yaw_degrees) <= 18


def test_emfacs_variants_are_of_every_class_and_differ_from_the_studio():
    assert tuple(EMFACS_VARIANTS) == SIX.names
    for name, variants in EMFACS_VARIANTS.items():
        assert len(variants) >= 3
        assert all(each.core != PROTOTYPES[name].core for each in variants)


@pytest.mark.parametrize("name", SIX.names)
def test_emfacs_variants_are_all_drawn_and_can_be_shown(name):
    rng = np.random.default_rng(0)
    drawn = [draw_units(name, rng, variants=EMFACS_VARIANTS) for _ in range(60)]
    for variant in EMFACS_VARIANTS[name]:
        assert any(set(variant.core) <= set(units) for units in drawn)
    assert all(weights_of_units(units) for units in drawn)


def test_emfacs_variants_never_show_two_classes_with_the_same_units():
    shown = [frozenset(each.core) for variants in EMFACS_VARIANTS.values() for each in variants]
    assert len(set(shown)) == len(shown)
