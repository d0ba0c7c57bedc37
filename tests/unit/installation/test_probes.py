"""Faults are simulated, by packages that hide the installed ones."""

import cv2
import pytest
import torch

from ferfusion.installation.checks import run_probe
from ferfusion.installation.probes import (
    PROBES,
    probe_ffmpeg,
    probe_opencv,
    probe_packages,
    probe_prediction,
    probe_torch,
)
from helpers.hidden_packages import hide_packages


def findings(name):
    """What a probe finds."""
    found = run_probe(name)
    assert isinstance(found, dict)
    return found


def test_probe_packages_finds_an_unfit_version(tmp_path, monkeypatch):
    hide_packages(
        tmp_path,
        monkeypatch,
        {"av-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: av\nVersion: 1.0\n"},
    )
    [wanted] = [name for name, found in findings("packages")["needed"].items() if found == "unfit 1.0"]
    assert wanted.startswith("av")


def test_probe_opencv_finds_a_second_wheel(tmp_path, monkeypatch):
    folder = "opencv_python-4.9.0.dist-info"
    metadata = "Metadata-Version: 2.1\nName: opencv-python\nVersion: 4.9.0\n"
    hide_packages(tmp_path, monkeypatch, {f"{folder}/METADATA": metadata, f"{folder}/top_level.txt": "cv2\n"})
    assert findings("opencv")["wheels"] == ["opencv-contrib-python-headless", "opencv-python"]


def test_probe_opencv_finds_version_5(tmp_path, monkeypatch):
    hide_packages(tmp_path, monkeypatch, {"cv2/__init__.py": "__version__ = '5.0.0'\n"})
    assert findings("opencv")["lacking"] == ["Haar, which version 5 dropped"]


def test_probe_opencv_finds_a_missing_cascade_file(tmp_path, monkeypatch):
    code = (
        "__version__ = '4.14.0'\n"
        "class CascadeClassifier: pass\n"
        "class data: haarcascades = '/nowhere/'\n"
        "optflow = DISOpticalFlow = FaceDetectorYN = None\n"
    )
    hide_packages(tmp_path, monkeypatch, {"cv2/__init__.py": code})
    lacking = findings("opencv")["lacking"]
    assert lacking[0] == "/nowhere/haarcascade_frontalface_default.xml"
    assert len(lacking) == 2


def test_probe_packages_finds_every_needed_package_here():
    packages = probe_packages()
    assert any(name.startswith("torch") for name in packages["needed"])
    assert all(found and not found.startswith("unfit") for found in packages["needed"].values())
    assert {"onnx", "keras", "dev"} <= set(packages["extras"])


def test_probe_opencv_finds_nothing_missing_here():
    assert probe_opencv()["version"] == cv2.__version__
    assert probe_opencv()["lacking"] == []


def test_probe_ffmpeg_finds_a_codec_that_does_not_exist(monkeypatch):
    assert probe_ffmpeg()["missing_codecs"] == []
    monkeypatch.setattr("ferfusion.installation.probes.CODECS", {"r": ("h264", "dream"), "w": ("dream",)})
    assert probe_ffmpeg()["missing_codecs"] == ["dream (decoding)", "dream (encoding)"]


def test_probe_torch_computes_the_same_on_its_device():
    facts = probe_torch()
    assert facts["version"] == torch.__version__
    assert facts["difference"] < 1e-2


@pytest.mark.slow
def test_probe_prediction_has_a_row_for_every_frame():
    facts = probe_prediction()
    assert facts["rows"] == facts["frames"] == facts["annotated"]
    assert facts["faces"] > 0.9 * facts["frames"]


def test_probes_have_names_that_the_checks_ask_for():
    from ferfusion.installation.checks import CHECKS

    assert set(CHECKS) | {"torchvision"} == set(PROBES)
