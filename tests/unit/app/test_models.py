import pytest

from ferfusion.app.problems import Problem


def test_model_of_the_package_is_first_and_the_default(app):
    [row] = [model.row() for model in app.state.models.all()]
    assert row["shipped"]
    assert row["metrics"]["war"] == pytest.approx(0.679, abs=0.001)
    assert app.state.models.get(None).id == "shipped"
    with pytest.raises(Problem, match="There is no model x"):
        app.state.models.get("x")


def test_added_model_is_kept_once_and_gone_with_its_file(app, tmp_path):
    from ferfusion.inference.predictor import SHIPPED

    copy = tmp_path / "mine.safetensors"
    copy.write_bytes(SHIPPED.read_bytes())
    first, second = app.state.models.add(copy), app.state.models.add(copy)
    assert first.id == second.id
    assert [model.id for model in app.state.models.all()] == ["shipped", first.id]
    copy.unlink()
    assert [model.id for model in app.state.models.all()] == ["shipped"]


def test_file_that_is_no_model_is_a_problem(app, tmp_path):
    (tmp_path / "a.safetensors").write_bytes(b"none")
    with pytest.raises(Problem, match=r"a\.safetensors"):
        app.state.models.add(tmp_path / "a.safetensors")
