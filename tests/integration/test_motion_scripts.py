"""The scripts that make a model of facial actions: noise, drawn curves, training, combination."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from ferfusion.actions.names import ACTIONS
from ferfusion.bundle import Bundle
from ferfusion.data.action_curves import CURVE_COLUMNS, READ
from ferfusion.evaluation.training_summary import TrainingSummary
from ferfusion.label_set import SEVEN
from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from ferfusion.preparation.recipe import PrepareRecipe
from ferfusion.synthesis.looks import LOOKS

SCRIPTS = Path(__file__).parents[2] / "examples" / "motion"
GIVES = np.char.startswith(np.array(ACTIONS), "mouth")


@pytest.fixture(autouse=True)
def scripts(monkeypatch):
    monkeypatch.syspath_prepend(SCRIPTS)
    yield
    for name in ("combine", "curves", "noise", "score_rendered", "stills", "temporal"):
        sys.modules.pop(name, None)


@pytest.fixture
def faces():
    """True actions of 20 people, and estimates: 0.8 times the truth, an offset of the person, and noise."""
    rng = np.random.default_rng(0)
    true = rng.uniform(0, 1, (1000, len(ACTIONS))) * (rng.random((1000, len(ACTIONS))) < 0.3)
    people = np.repeat(np.arange(20), 50)
    offsets = rng.normal(0, 0.1, (20, GIVES.sum()))
    estimated = 0.8 * true[:, GIVES] + 0.05 + offsets[people] + rng.normal(0, 0.03, (1000, GIVES.sum()))
    return true, estimated, people


@pytest.fixture
def noise(faces):
    from noise import Noise

    return Noise.measured(*faces)


def test_noise_finds_gain_start_people_and_what_is_left(noise):
    gains = noise.mixing[GIVES].diagonal()
    assert gains == pytest.approx(0.8, abs=0.05)
    assert noise.start.mean() == pytest.approx(0.05, abs=0.03)
    assert np.sqrt(noise.person.diagonal()).mean() == pytest.approx(0.1, abs=0.03)
    assert np.sqrt(noise.left.diagonal()).mean() == pytest.approx(0.03, abs=0.01)


def test_noise_that_is_drawn_has_the_deviation_that_was_measured(noise):
    rng = np.random.default_rng(1)
    seen = noise.seen(np.zeros((4000, len(ACTIONS))), fps=25, gain=np.ones(len(ACTIONS)), offset=0.0, rng=rng)
    assert seen.mean(axis=0) == pytest.approx(noise.start, abs=0.02)
    assert seen.std(axis=0).mean() == pytest.approx(0.03, abs=0.01)
    slow = np.corrcoef(seen[:-1, 0], seen[1:, 0])[0, 1]
    assert slow > 0.7


def test_drawn_windows_have_classes_and_nothing_of_actions_that_are_not_given(noise):
    from curves import SHOWN_FROM, Variety, Windows, draw_windows

    rng = np.random.default_rng(2)
    variety = Variety(LOOKS["studio"].variants)
    windows = Windows.joined([draw_windows(rng, noise, variety, gives=GIVES) for _ in range(150)])
    assert windows.rows.shape == (1200, 25, CURVE_COLUMNS)
    assert np.isfinite(windows.rows).all()
    assert not windows.rows[:, :, : len(ACTIONS)][:, :, ~GIVES].any()
    assert (windows.rows[:, :, READ] == 1).all()
    assert set(windows.codes) == set(range(len(SEVEN)))
    neutral = windows.codes == SEVEN.code("Neutral")
    assert (windows.intensity[neutral] < SHOWN_FROM).all()
    assert (windows.intensity[~neutral] >= SHOWN_FROM - 1e-6).all()
    assert 0.2 < windows.speech.mean() < 0.6


def test_smile_is_drawn_into_the_windows_of_happiness(noise):
    from curves import Variety, Windows, draw_windows

    rng = np.random.default_rng(3)
    variety = Variety(LOOKS["studio"].variants)
    windows = Windows.joined([draw_windows(rng, noise, variety, gives=GIVES) for _ in range(150)])
    smile = windows.rows[:, -1, ACTIONS.index("mouthSmileLeft")]
    happy = (windows.codes == SEVEN.code("Happiness")) & (windows.intensity > 0.5)
    assert smile[happy].mean() > 3 * smile[windows.codes == SEVEN.code("Neutral")].mean()


@pytest.mark.slow
def test_training_learns_drawn_expressions_and_photographs_beside_them(noise, monkeypatch):
    import temporal
    from curves import Variety, Windows, draw_windows

    monkeypatch.setattr(temporal, "CLIPS", 100)
    variety = Variety(LOOKS["studio"].variants)
    rng = np.random.default_rng(4)
    held = Windows.joined([draw_windows(rng, noise, variety, gives=GIVES) for _ in range(100)])
    model = temporal.train(noise, variety, gives=GIVES, stills=held, rounds=3)
    assert "UAR" in temporal.described(model, held)
    confusion = temporal.confusion_of(model, held)
    assert confusion.sum() == len(held.codes)
    assert confusion.trace() / confusion.sum() > 0.3  # chance is 0.14


def bundle_of(config, *, seed):
    torch.manual_seed(seed)
    model = build_model(config, len(SEVEN), seed=seed).eval()
    training: TrainingSummary = {"actions": "small"} if config.architecture == "actions" else {}
    return model, Bundle(model.state_dict(), config, SEVEN, PrepareRecipe(), training, {}, "ours")


def test_combined_network_has_the_weighted_sum_of_both_logits():
    from combine import combined

    faces, of_faces = bundle_of(ModelConfig(architecture="spatial", stream="residual", head_units=64), seed=1)
    motion, of_motion = bundle_of(ModelConfig(architecture="actions", head_units=32), seed=2)
    bundle = combined(of_faces, of_motion, 0.7, 1.3)
    both = build_model(bundle.model_config, len(SEVEN), seed=0)
    both.load_state_dict(dict(bundle.weights))
    crops, windows = torch.rand(3, 3, 48, 48), torch.randn(3, 25, CURVE_COLUMNS)
    nothing = torch.zeros(0)
    with torch.inference_mode():
        wanted = 0.7 * faces(crops, nothing) + 1.3 * motion(nothing, nothing, windows)
        found = both.eval()(crops, nothing, windows)
    assert found == pytest.approx(wanted, abs=1e-4)
    assert bundle.info.actions == "small"


def test_factors_follow_the_model_that_is_right():
    from combine import choose, pooled

    rng = np.random.default_rng(5)
    codes = rng.integers(0, 7, 500)
    right = np.full((500, 7), 0.05)
    right[np.arange(500), codes] = 0.7
    wrong = rng.dirichlet(np.ones(7), 500)
    a, b = choose([(wrong, right, codes)])
    assert a < 0.2
    assert b > 1
    assert pooled(wrong, right, 0.0, 1.0) == pytest.approx(right)


def test_truth_of_a_rendered_corpus_has_strong_frames_and_frames_at_rest(sample_corpus):
    from score_rendered import truth_of

    truth = truth_of(sample_corpus)
    neutral = truth["code"] == SEVEN.code("Neutral")
    assert (truth.loc[neutral, "intensity"] <= 0.05).all()
    assert (truth.loc[~neutral, "intensity"] >= 0.5).all()
    assert truth["subject"].nunique() == 18
