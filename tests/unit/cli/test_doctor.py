import pandas as pd
import pytest

import ferfusion as fer
from ferfusion.cli.doctor import doctor
from ferfusion.installation import checks


@pytest.fixture
def report(monkeypatch):
    """Let the doctor report some states."""

    def set_states(*states):
        rows = [
            (f"check {state}", state, f"found [{state}]", "pip install x" if state != "ok" else "")
            for state in states
        ]
        table = pd.DataFrame(rows, columns=["check", "state", "found", "fix"])
        monkeypatch.setattr(fer, "doctor", lambda: table)

    return set_states


def test_doctor_without_a_fault_ends_with_0(report, capsys):
    report("ok", "note")
    doctor()
    printed = capsys.readouterr().out
    assert "Everything that is needed works." in printed
    assert "found [note]" in printed
    assert printed.count("pip install x") == 1


def test_doctor_with_faults_prints_their_fixes_and_ends_with_1(report, capsys):
    report("fault", "ok", "fault")
    with pytest.raises(SystemExit) as ended:
        doctor()
    assert ended.value.code == 1
    printed = capsys.readouterr().out
    assert printed.count("pip install x") == 2
    assert "2 to fix: run the lines in bold, then ferfusion doctor again." in printed


def test_doctor_reports_a_probe_without_a_result_as_a_fault(monkeypatch, capsys):
    monkeypatch.setattr(checks, "run_probe", lambda probe: checks.Failure(f"no {probe}"))
    with pytest.raises(SystemExit) as ended:
        doctor()
    assert ended.value.code == 1
    printed = capsys.readouterr().out
    assert "no torch" in printed
    assert "pip install --force-reinstall torch" in printed
