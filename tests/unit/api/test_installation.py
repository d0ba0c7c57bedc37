import ferfusion as fer
from ferfusion.installation.checks import Finding


def test_doctor_returns_a_row_per_check(monkeypatch):
    findings = [Finding("packages", "ok", "Python 3.11"), Finding("opencv", "fault", "two wheels", "pip x")]
    monkeypatch.setattr("ferfusion.installation.checks.check_installation", lambda: iter(findings))
    report = fer.doctor()
    assert report.columns.tolist() == ["check", "state", "found", "fix"]
    assert report.to_numpy().tolist() == [
        ["packages", "ok", "Python 3.11", ""],
        ["opencv", "fault", "two wheels", "pip x"],
    ]
