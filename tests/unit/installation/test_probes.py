"""Faults are simulated, by packages that hide the installed ones."""

from ferfusion.installation.checks import run_probe
from helpers.hidden_packages import hide_packages


def test_probe_packages_finds_an_unfit_version(tmp_path, monkeypatch):
    hide_packages(
        tmp_path,
        monkeypatch,
        {"av-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: av\nVersion: 1.0\n"},
    )
    [wanted] = [name for name, found in run_probe("packages")["needed"].items() if found == "unfit 1.0"]
    assert wanted.startswith("av")


def test_probe_opencv_finds_a_second_wheel(tmp_path, monkeypatch):
    folder = "opencv_python-4.9.0.dist-info"
    metadata = "Metadata-Version: 2.1\nName: opencv-python\nVersion: 4.9.0\n"
    hide_packages(tmp_path, monkeypatch, {f"{folder}/METADATA": metadata, f"{folder}/top_level.txt": "cv2\n"})
    assert run_probe("opencv")["wheels"] == ["opencv-contrib-python-headless", "opencv-python"]


def test_probe_opencv_finds_version_5(tmp_path, monkeypatch):
    hide_packages(tmp_path, monkeypatch, {"cv2/__init__.py": "__version__ = '5.0.0'\n"})
    assert run_probe("opencv")["lacking"] == ["Haar, which version 5 dropped"]


def test_probe_opencv_finds_a_missing_cascade_file(tmp_path, monkeypatch):
    code = (
        "__version__ = '4.14.0'\n"
        "class CascadeClassifier: pass\n"
        "class data: haarcascades = '/nowhere/'\n"
        "optflow = DISOpticalFlow = FaceDetectorYN = None\n"
    )
    hide_packages(tmp_path, monkeypatch, {"cv2/__init__.py": code})
    lacking = run_probe("opencv")["lacking"]
    assert lacking[0] == "/nowhere/haarcascade_frontalface_default.xml"
    assert len(lacking) == 2
