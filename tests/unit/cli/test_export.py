from pathlib import Path
from types import SimpleNamespace

import pytest
from cyclopts import App

import ferfusion as fer
from ferfusion.cli.export import export


@pytest.fixture
def called(monkeypatch):
    """The arguments with which a model is exported; nothing is written."""
    arguments: list[tuple[Path | None, Path, Path | None]] = []

    def export_model(model, out, *, int8=None):
        arguments.append((model, out, int8))
        cost = SimpleNamespace(lines=["8 bit numbers: ", "WAR 50.0%"]) if int8 else None
        return fer.Exported(out, ("spatial", "flow"), 3 * 2**19, cost)  # type: ignore[arg-type]

    monkeypatch.setattr(fer, "export", export_model)
    return arguments


@pytest.fixture
def app():
    return App(default_command=export, result_action="return_value")


def test_export_prints_inputs_size_and_the_next_command(app, called, capsys):
    app(["run", "model.onnx"], exit_on_error=False)
    assert called == [(Path("run"), Path("model.onnx"), None)]
    assert capsys.readouterr().out.splitlines() == [
        "model.onnx: inputs spatial, flow, any number of faces at once; 1.5 MiB",
        "Next: ferfusion predict VIDEO --bundle model.onnx",
    ]


def test_export_with_int8_prints_what_it_costs(app, called, capsys):
    app(["run", "model.onnx", "--int8", "data"], exit_on_error=False)
    assert called == [(Path("run"), Path("model.onnx"), Path("data"))]
    assert "WAR 50.0%" in capsys.readouterr().out.splitlines()


def test_export_to_keras_prints_the_outputs_and_how_it_is_opened(app, called, capsys, monkeypatch):
    written = fer.Exported(Path("model.h5"), ("spatial",), 2**20, labels=("Anger", "Fear"))
    monkeypatch.setattr(fer, "export", lambda *_: written)
    app(["run", "model.h5"], exit_on_error=False)
    assert capsys.readouterr().out.splitlines() == [
        "model.h5: inputs spatial, any number of faces at once; 1.0 MiB",
        "Outputs: Anger, Fear",
        'Next: keras.models.load_model("model.h5"), or ferfusion import-keras model.h5 BUNDLE',
    ]
