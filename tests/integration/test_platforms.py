"""What other systems lack is hidden here: no run on Windows or macOS stands behind these tests."""

import subprocess
import sys

import pytest

WITHOUT = """
import os, signal, sys

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name in {names}:
            raise ModuleNotFoundError("No module named " + repr(name), name=name)

for name in {names}:
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Hidden())
for holder, name in ((os, "getuid"), (os, "killpg"), (os, "setsid"), (signal, "pthread_sigmask")):
    if {windows}:
        delattr(holder, name)
"""
WINDOWS = {"names": ("fcntl", "resource", "pwd", "grp", "termios"), "windows": True}


def run(code, *, cwd):
    found = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(**WINDOWS) + code],
        capture_output=True,
        text=True,
        cwd=cwd,
        check=False,
    )
    assert found.returncode == 0, found.stderr[-2000:]
    return found.stdout


@pytest.mark.slow
def test_every_module_but_those_of_the_app_is_imported_without_what_windows_lacks(tmp_path):
    code = """
from importlib import import_module
from pkgutil import walk_packages
import ferfusion
count = 0
for module in walk_packages(ferfusion.__path__, "ferfusion."):
    if ".app" not in module.name and "__main__" not in module.name:
        import_module(module.name)
        count += 1
print(count)
"""
    assert int(run(code, cwd=tmp_path)) > 250


@pytest.mark.slow
def test_video_is_predicted_without_what_windows_lacks(tmp_path, sample_corpus):
    clip = sample_corpus / "s01" / "happiness" / "s01_happiness_1.mp4"
    code = f"""
import ferfusion as fer
seen = fer.predict({str(clip)!r}, out="predictions", progress=False)
print(len(seen.table))
"""
    assert int(run(code, cwd=tmp_path)) == 32
    assert (tmp_path / "predictions" / "s01_happiness_1" / "report.html").is_file()


def test_app_says_in_one_line_that_it_does_not_run_on_windows(tmp_path):
    code = """
from ferfusion.cli import main
try:
    sys.argv = ["ferfusion", "app", "--no-browser"]
    main()
except SystemExit as end:
    print("ended with", end.code)
"""
    found = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(**WINDOWS) + code],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert "The app does not run on Windows" in found.stderr
    assert "Traceback" not in found.stderr
