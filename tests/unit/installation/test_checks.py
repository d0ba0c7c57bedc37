"""Faults are simulated, by made results of probes."""

from typing import Any

import pytest

from ferfusion.installation import checks
from ferfusion.installation.checks import Failure, Finding, check_installation, check_system, run_probe
from ferfusion.installation.probes import PROBES
from helpers.hidden_packages import hide_packages

TORCH = {
    "version": "2.13.0+cpu",
    "cuda": None,
    "device": "cpu",
    "device_name": "processor",
    "threads": 2,
    "difference": 0.0,
    "bfloat16_share": 1.0,
}
GOOD: dict[str, dict[str, Any]] = {
    "packages": {
        "python": "3.11.7",
        "needed": {"av>=14.2": "18.1.0"},
        "extras": {"ray": {"ray>=2.40": "2.60.0"}},
    },
    "opencv": {"version": "4.14.0", "wheels": ["opencv-contrib-python-headless"], "lacking": []},
    "ffmpeg": {"version": "18.1.0", "libavcodec": "62.28.102", "missing_codecs": []},
    "torch": TORCH,
    "torchvision": {"version": None},
    "lightning": {"version": "2.6.6"},
    "prediction": {
        "frames": 32,
        "rows": 32,
        "faces": 32,
        "annotated": 32,
        "seconds": 1.0,
        "detector": "yunet",
    },
}


@pytest.fixture
def found(monkeypatch):
    """The findings where some answers are others."""

    def examine_with(**answers):
        monkeypatch.setattr(checks, "run_probe", {**GOOD, **answers}.__getitem__)
        return list(check_installation())

    return examine_with


def on_torch(found, answer):
    return next(one for one in found(torch=answer) if one.name == "torch")


def bad(findings):
    return [finding for finding in findings if finding.state != "ok"]


def test_check_installation_without_faults_has_nothing_to_fix(found):
    findings = found()
    assert bad(findings) == []
    assert [finding.name for finding in findings] == [
        "system",
        "packages",
        "extra ray",
        "OpenCV",
        "FFmpeg",
        "torch",
        "lightning",
        "prediction",
        "face detector",
    ]
    assert not any(finding.fix for finding in findings)


def test_check_prediction_says_that_the_weights_of_mtcnn_are_not_for_commercial_use(found):
    finding = found(prediction={**GOOD["prediction"], "detector": "mtcnn"})[-1]
    assert (finding.name, finding.state) == ("face detector", "ok")
    assert "not for commercial use" in finding.found


def test_check_packages_reports_missing_and_unfit_packages(found):
    needed = {"av>=14.2": None, "torch>=2.6": "unfit 2.1.0", "numpy>=2.0": "2.4.6"}
    findings = bad(found(packages={**GOOD["packages"], "needed": needed}))
    assert findings == [
        Finding("packages", "fault", "av>=14.2 is needed, is not installed", "pip install 'av>=14.2'"),
        Finding("packages", "fault", "torch>=2.6 is needed, 2.1.0 is installed", "pip install 'torch>=2.6'"),
    ]


def test_check_packages_notes_a_missing_extra_with_its_install_line(found):
    extras = {"onnx": {"onnx>=1.17": "1.23.2", "onnxruntime>=1.20": None}, "dev": {"ruff>=0.11": None}}
    [note] = bad(found(packages={**GOOD["packages"], "extras": extras}))
    assert note == Finding(
        "extra onnx", "note", "not installed: onnxruntime>=1.20", "pip install 'ferfusion[onnx]'"
    )


def test_check_opencv_reports_two_wheels_that_overwrite_each_other(found):
    wheels = ["opencv-contrib-python-headless", "opencv-python"]
    [fault] = bad(found(opencv={**GOOD["opencv"], "wheels": wheels}))
    assert fault.state == "fault"
    assert (
        "opencv-contrib-python-headless and opencv-python are installed into the same folder" in fault.found
    )
    assert fault.fix == (
        "pip uninstall -y opencv-contrib-python-headless opencv-python "
        "&& pip install 'opencv-contrib-python-headless>=4.13,<5'"
    )


def test_check_opencv_reports_missing_modules_and_files(found):
    [fault] = bad(found(opencv={**GOOD["opencv"], "lacking": ["optflow", "/x/haarcascade.xml"]}))
    assert (fault.state, fault.found) == ("fault", "4.14.0 lacks optflow, /x/haarcascade.xml")


def test_check_ffmpeg_reports_a_missing_encoder(found):
    [fault] = bad(found(ffmpeg={**GOOD["ffmpeg"], "missing_codecs": ["libx264 (encoding)"]}))
    assert (fault.name, fault.state) == ("FFmpeg", "fault")
    assert "lacks libx264 (encoding)" in fault.found
    assert fault.fix.startswith("pip install --force-reinstall")


def test_check_lightning_blames_torchvision_where_it_does_not_fit(found):
    broken = Failure("RuntimeError: operator torchvision::nms does not exist")
    [fault] = bad(found(torchvision=broken, lightning=broken))
    assert fault.name == "torchvision"
    assert fault.fix.startswith("pip uninstall -y torchvision")
    assert bad(found(lightning=Failure("ImportError: no")))[0].name == "lightning"


def test_check_torch_recommends_bfloat16_where_it_is_faster(found, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda _: None)
    says = {share: on_torch(found, {**TORCH, "bfloat16_share": share}).found for share in (0.25, 0.9)}
    assert says[0.25].endswith("takes 25% of its time in bfloat16: train --precision bf16-mixed")
    assert "bfloat16" not in says[0.9]


def test_check_torch_names_the_device_that_torch_used(found, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda _: None)
    gpu = {**TORCH, "version": "2.13.0", "cuda": "12.8", "device": "cuda", "device_name": "NVIDIA H100"}
    torch = {
        name: on_torch(found, answer)
        for name, answer in {
            "cpu": TORCH,
            "gpu": gpu,
            "wrong": {**gpu, "difference": 0.5},
            "unused": {**TORCH, "cuda": "12.8"},
        }.items()
    }
    assert "ran on the processor (2 threads)" in torch["cpu"].found
    assert "ran on the NVIDIA H100: train and predict use it" in torch["gpu"].found
    assert torch["wrong"].state == "fault"
    assert torch["unused"].found.endswith("built for CUDA 12.8, but there is no GPU")
    monkeypatch.setattr("shutil.which", lambda _: "/usr/bin/nvidia-smi")
    [note] = bad(found())
    assert (note.name, note.state) == ("torch", "note")


@pytest.mark.parametrize(
    "answer",
    [
        {**GOOD["prediction"], "rows": 31},
        {**GOOD["prediction"], "annotated": 0},
        {**GOOD["prediction"], "faces": 3},
        Failure("VideoError: cannot write"),
    ],
)
def test_check_prediction_reports_a_sample_video_with_missing_rows(found, answer):
    [fault] = bad(found(prediction=answer))
    assert (fault.name, fault.state) == ("prediction", "fault")


@pytest.mark.parametrize("probe", sorted(set(PROBES) - {"torchvision"}))
def test_check_installation_reports_a_probe_without_a_result(found, probe):
    faults = bad(found(**{probe: Failure("Segmentation fault")}))
    assert [fault.state for fault in faults] == ["fault"]
    assert "Segmentation fault" in faults[0].found
    assert faults[0].fix


def test_run_probe_reports_a_package_that_ends_its_importer(tmp_path, monkeypatch):
    hide_packages(
        tmp_path,
        monkeypatch,
        {"torchvision/__init__.py": "raise RuntimeError('operator nms does not exist')"},
    )
    assert run_probe("torchvision") == Failure("RuntimeError: operator nms does not exist")
    hide_packages(tmp_path, monkeypatch, {"torchvision/__init__.py": "import os; os.kill(os.getpid(), 11)"})
    assert run_probe("torchvision") == Failure("the process was ended by SIGSEGV")


def test_run_probe_gives_up_after_the_time_limit(tmp_path, monkeypatch):
    hide_packages(tmp_path, monkeypatch, {"torchvision/__init__.py": "import time; time.sleep(60)"})
    monkeypatch.setattr(checks, "_TIME_LIMIT_SECONDS", 1)
    assert run_probe("torchvision") == Failure("no result within 1 seconds")


@pytest.mark.slow
def test_check_installation_finds_no_fault_here():
    faults = [finding for finding in check_installation() if finding.state == "fault"]
    assert faults == []


@pytest.mark.parametrize(
    ("system", "state", "word"),
    [("Linux", "ok", "Linux"), ("Darwin", "note", "never run"), ("Windows", "note", "there is no app")],
)
def test_check_system_says_what_was_never_tried(system, state, word):
    found = check_system(system)
    assert (found.name, found.state) == ("system", state)
    assert word in found.found
