"""Studies across corpora at the front door: one is trained, one is fabricated."""

from typing import Any

import pytest
from cyclopts import App

import ferfusion as fer
from ferfusion.api.cross_studies import CrossStudy
from ferfusion.cli.study import study as study_command
from ferfusion.studies.cross_page import finish_cross_study
from helpers.cross_corpora import write_corpora, write_cross_study

SETTINGS: dict[str, Any] = {"architecture": "flow", "seeds": 1, "epochs": 1, "batch_size": 32}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return CrossStudy(finish_cross_study(write_cross_study(tmp_path_factory.mktemp("cross"))).parent)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The datasets of a study that was trained here, and it."""
    root = tmp_path_factory.mktemp("trained")
    corpora = write_corpora(root, ("b", "c"), recipe=fer.PrepareRecipe())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ferfusion.studies.cross_study.find_copies", lambda *_, **__: ())
        found = fer.study(
            corpora, root / "study", train_on="b", test_on="c", engine="here", progress=False, **SETTINGS
        )
    return corpora, found


def test_study_of_datasets_is_trained_and_tested_on_the_named(trained):
    _, study = trained
    assert repr(study).endswith("study': across corpora, 1 training, 1 seed, 4 people tested)")
    assert set(study.table["trained_on"] + " to " + study.table["tested_on"]) == {"b to c"}
    assert study.verdict[0].startswith("Per video, on corpora that the training did not see UAR is")
    assert study.comparisons.empty


def test_study_of_datasets_resumes_on_the_command_line_with_the_same_settings(trained, capsys):
    corpora, study = trained
    bundle = study.folder / "runs" / "flow" / "fold0-seed0" / "bundle.safetensors"
    before, page = bundle.stat().st_mtime_ns, study.report.read_bytes()
    options = [f"--{name.replace('_', '-')}={value}" for name, value in SETTINGS.items()]
    line = [*corpora[::-1], study.folder, "--train-on", "b", "--test-on", "c", "--engine=here", *options]
    app = App(default_command=study_command, result_action="return_value")
    app(list(map(str, line)), exit_on_error=False)
    printed = " ".join(capsys.readouterr().out.split())
    assert "1 training, 1 of them done" in printed
    assert "tested on" in printed
    assert bundle.stat().st_mtime_ns == before
    assert study.report.read_bytes() == page


def test_study_across_corpora_is_a_study_with_its_own_table(study):
    assert isinstance(fer.Study(study), CrossStudy)
    assert fer.Study(study) == study
    assert set(study.table["metric"]) == {"war", "uar", "macro_f1"}
    matrix = study.matrix
    assert list(matrix.index) == list(matrix.columns) == ["a", "b", "c"]
    uar = study.table.query("level == 'video' and metric == 'uar'")
    cell = uar.query("trained_on == 'a' and tested_on == 'b'")
    assert matrix.loc["a", "b"] == cell["value"].item()
    assert study.summary["tested on"].tolist()[:3] == ["a, held out", "b", "c"]
    assert study._repr_html_().count("<tr") == 1 + 9


def test_study_across_corpora_plots_the_heat_map(study):
    [image] = study.plot(metric="war").axes[0].images
    assert image.get_array().shape == (3, 3)


def test_study_across_corpora_has_predictions_of_each_training(study):
    rows = study.predictions("a")
    assert set(rows["tested_on"]) == {"a", "b", "c"}
    with pytest.raises(fer.RunError, match=r"no predictions of 'x'; it has trained on: a, b, c"):
        study.predictions("x")
    with pytest.raises(fer.RunError, match="is per pair"):
        study.predictions("a", "pair")


@pytest.mark.parametrize("call", ["predictions('a', level='videos')", "plot('videos')", "plot(metric='f1')"])
def test_study_across_corpora_refuses_words_that_are_no_level_or_metric(study, call):
    with pytest.raises(fer.ConfigError, match=r"Unknown (level 'videos'; choose one of pair, video|metric)"):
        eval(f"study.{call}", {"study": study})


@pytest.mark.parametrize("name", ["costs", "classes", "people", "letters"])
def test_study_across_corpora_has_no_tables_of_variants(study, name):
    with pytest.raises(fer.RunError, match="is a study across corpora, which has no"):
        getattr(study, name)


def test_study_of_datasets_refuses_models_and_no_protocol(tmp_path):
    corpora = write_corpora(tmp_path, ("b", "c"))
    with pytest.raises(fer.ConfigError, match="one dataset, got 2"):
        fer.study(corpora, tmp_path / "s", models=["shipped"])
    with pytest.raises(fer.ConfigError, match="2 datasets needs a protocol"):
        fer.study(corpora, tmp_path / "s")
    with pytest.raises(fer.ConfigError, match="are for two or more datasets"):
        fer.study(corpora[0], tmp_path / "s", protocol="each-to-each")
    with pytest.raises(fer.ConfigError, match="train_on must be text, such as the name of a dataset"):
        fer.study(corpora, tmp_path / "s", train_on=[3], test_on="b")
