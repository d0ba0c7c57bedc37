import pytest

from ferfusion.actions.estimators import ACTION_ESTIMATORS, MODEL_VARIABLE, landmarker_model, make_estimator
from ferfusion.actions.names import ACTIONS
from ferfusion.errors import ConfigError, MissingExtraError
from ferfusion.faces.official_model import OFFICIAL_MODELS, content_sha256


@pytest.mark.parametrize("name", sorted(ACTION_ESTIMATORS))
def test_every_estimator_gives_named_actions(name, model, monkeypatch):
    monkeypatch.setenv(MODEL_VARIABLE, str(model))
    estimator = make_estimator(name)
    assert set(estimator.gives) < set(ACTIONS)
    assert 0 <= estimator.min_score < 1
    assert list(estimator.follow(iter([]))) == []


def test_the_official_file_is_the_one_that_is_tested(model):
    assert content_sha256(model.read_bytes()) == OFFICIAL_MODELS["face-landmarker"].sha256


def test_model_is_that_of_the_variable_or_that_of_the_cache(model, monkeypatch):
    cached = OFFICIAL_MODELS["face-landmarker"].path
    cached.parent.mkdir(parents=True)
    cached.write_bytes(model.read_bytes())
    assert landmarker_model() == cached
    monkeypatch.setenv(MODEL_VARIABLE, str(model))
    assert landmarker_model() == model


def test_without_a_model_the_message_says_how_to_get_it(monkeypatch):
    with pytest.raises(ConfigError, match="run ferfusion fetch face-landmarker, or name the file in"):
        make_estimator("face-landmarker")
    monkeypatch.setenv(MODEL_VARIABLE, "no.task")
    with pytest.raises(ConfigError, match=r"There is no model file no\.task; FERFUSION_ACTIONS_MODEL"):
        make_estimator("face-landmarker")


def test_another_file_is_refused(tmp_path, monkeypatch):
    other = tmp_path / "other.task"
    other.write_bytes(b"PK")
    monkeypatch.setenv(MODEL_VARIABLE, str(other))
    with pytest.raises(ConfigError, match=r"other\.task, which .* has the SHA-256 .*, wanted 64184e2"):
        make_estimator("face-landmarker")


def test_without_litert_the_message_has_the_install_line(model, monkeypatch):
    def missing(module):
        raise ModuleNotFoundError(name=module.partition(".")[0])

    monkeypatch.setattr("ferfusion.extras.import_module", missing)
    monkeypatch.setenv(MODEL_VARIABLE, str(model))
    with pytest.raises(MissingExtraError, match=r"pip install 'ferfusion\[actions\]'"):
        make_estimator("face-landmarker")


def test_unknown_estimator_is_refused():
    with pytest.raises(ConfigError, match="Unknown estimator of actions 'face-landmark'"):
        make_estimator("face-landmark")
