import pytest

import ferfusion as fer


def test_facts_of_the_model_of_the_package():
    facts = fer.model_facts()
    assert facts.classes[-1] == "Neutral"
    assert facts.architecture == "spatial, residual stream"
    assert facts.metrics["war"] == pytest.approx(0.679, abs=0.001)
    assert facts.metrics["baseline"] == pytest.approx(0.249, abs=0.001)
    assert facts.protocol == "validation part, per pair"


def test_facts_of_a_run(trained):
    facts = fer.model_facts(trained)
    assert facts.architecture == "two-stream, gap-concat fusion, listing stream"
    assert len(facts.classes) == 6


def test_facts_of_an_onnx_file(foreign):
    assert fer.model_facts(foreign).architecture == "ONNX file"


def test_file_that_is_no_model_is_refused(tmp_path):
    (tmp_path / "a.safetensors").write_bytes(b"none")
    with pytest.raises(fer.BundleError):
        fer.model_facts(tmp_path / "a.safetensors")
