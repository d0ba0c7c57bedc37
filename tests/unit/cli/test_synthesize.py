from pathlib import Path
from typing import Any

from cyclopts import App

import ferfusion as fer
from ferfusion.cli.synthesize import synthesize


def test_synthesize_has_its_recipe_as_options_and_prints_the_next_command(monkeypatch, capsys):
    called: dict[str, Any] = {}

    def render(corpus, **settings):
        called.update(settings)
        return corpus

    monkeypatch.setattr(fer, "synthesize", render)
    app = App(default_command=synthesize, result_action="return_value")
    app(["out/corpus", "--subjects", "3", "--clips", "1", "--true-flow"], exit_on_error=False)
    assert called["recipe"] == fer.SynthesisRecipe(subjects=3, clips=1)
    assert called["true_flow"] is True
    assert capsys.readouterr().out.splitlines() == [
        f"Corpus: {Path('out/corpus')}",
        "Next: ferfusion prepare out/corpus DATASET",
    ]
