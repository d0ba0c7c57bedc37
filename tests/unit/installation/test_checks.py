"""Faults are simulated: by answers that nobody gave, and by packages in the way of the true ones."""

import pytest

from ferfusion.cli.doctor import doctor as command
from ferfusion.installation import checks
from ferfusion.installation.checks import Failure, Finding, ask, examine
from ferfusion.installation.probes import PROBES

TORCH = {
    "version": "2.13.0+cpu",
    "cuda": None,
    "device": "cpu",
    "device_name": "processor",
    "threads": 2,
    "difference": 0.0,
    "bfloat16_share": 1.0,
}
GOOD = {
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
    "prediction": {"frames": 32, "rows": 32, "faces": 32, "annotated": 32, "seconds": 1.0},
}


@pytest.fixture
def found(monkeypatch):
    """The findings where some answers are others."""

    def examine_with(**answers):
        monkeypatch.setattr(checks, "ask", {**GOOD, **answers}.__getitem__)
        return list(examine())

    return examine_with


def on_torch(found, answer):
    return next(one for one in found(torch=answer) if one.name == "torch")


def bad(findings):
    return [finding for finding in findings if finding.state != "ok"]


def test_where_all_is_well_there_is_nothing_to_mend(found):
    findings = found()
    assert bad(findings) == []
    assert [finding.name for finding in findings] == [
        "packages",
        "extra ray",
        "OpenCV",
        "FFmpeg",
        "torch",
        "lightning",
        "prediction",
    ]
    assert not any(finding.mend for finding in findings)


def test_a_missing_package_and_one_of_a_wrong_version_are_faults(found):
    needed = {"av>=14.2": None, "torch>=2.6": "unfit 2.1.0", "numpy>=2.0": "2.4.6"}
    findings = bad(found(packages={**GOOD["packages"], "needed": needed}))
    assert findings == [
        Finding("packages", "fault", "av>=14.2 is needed, is not installed", "pip install 'av>=14.2'"),
        Finding("packages", "fault", "torch>=2.6 is needed, 2.1.0 is installed", "pip install 'torch>=2.6'"),
    ]


def test_a_missing_extra_is_a_note_with_its_install_line(found):
    extras = {"onnx": {"onnx>=1.17": "1.23.2", "onnxruntime>=1.20": None}, "dev": {"ruff>=0.11": None}}
    [note] = bad(found(packages={**GOOD["packages"], "extras": extras}))
    assert note == Finding(
        "extra onnx", "note", "not installed: onnxruntime>=1.20", "pip install 'ferfusion[onnx]'"
    )


def test_two_opencv_wheels_overwrite_each_other(found):
    wheels = ["opencv-contrib-python-headless", "opencv-python"]
    [fault] = bad(found(opencv={**GOOD["opencv"], "wheels": wheels}))
    assert fault.state == "fault"
    assert "opencv-contrib-python-headless and opencv-python are installed into the same folder" in fault.says
    assert fault.mend == (
        "pip uninstall -y opencv-contrib-python-headless opencv-python "
        "&& pip install 'opencv-contrib-python-headless>=4.10,<5'"
    )


def test_an_opencv_without_a_part_is_a_fault(found):
    [fault] = bad(found(opencv={**GOOD["opencv"], "lacking": ["optflow", "/x/haarcascade.xml"]}))
    assert (fault.state, fault.says) == ("fault", "4.14.0 lacks optflow, /x/haarcascade.xml")


def test_an_ffmpeg_that_cannot_write_h264_is_a_fault(found):
    [fault] = bad(found(ffmpeg={**GOOD["ffmpeg"], "missing_codecs": ["libx264 (writing)"]}))
    assert (fault.name, fault.state) == ("FFmpeg", "fault")
    assert "lacks libx264 (writing)" in fault.says
    assert fault.mend.startswith("pip install --force-reinstall")


def test_a_torchvision_that_does_not_fit_is_the_one_fault_and_not_lightning(found):
    broken = Failure("RuntimeError: operator torchvision::nms does not exist")
    [fault] = bad(found(torchvision=broken, lightning=broken))
    assert fault.name == "torchvision"
    assert fault.mend.startswith("pip uninstall -y torchvision")
    assert bad(found(lightning=Failure("ImportError: no")))[0].name == "lightning"


def test_bfloat16_is_recommended_where_it_is_quicker(found, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda _: None)
    says = {share: on_torch(found, {**TORCH, "bfloat16_share": share}).says for share in (0.25, 0.9)}
    assert says[0.25].endswith("takes 25% of its time in bfloat16: train --precision bf16-mixed")
    assert "bfloat16" not in says[0.9]


def test_the_device_that_torch_really_runs_on_is_told(found, monkeypatch):
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
    assert "ran on the processor (2 threads)" in torch["cpu"].says
    assert "ran on the NVIDIA H100: train uses it; predict runs on the processor" in torch["gpu"].says
    assert torch["wrong"].state == "fault"
    assert torch["unused"].says.endswith("built for CUDA 12.8, which finds no GPU")
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
def test_a_sample_video_that_does_not_go_through_is_a_fault(found, answer):
    [fault] = bad(found(prediction=answer))
    assert (fault.name, fault.state) == ("prediction", "fault")


@pytest.mark.parametrize("probe", sorted(set(PROBES) - {"torchvision"}))
def test_a_question_without_an_answer_is_a_fault(found, probe):
    faults = bad(found(**{probe: Failure("Segmentation fault")}))
    assert [fault.state for fault in faults] == ["fault"]
    assert "Segmentation fault" in faults[0].says
    assert faults[0].mend


def lay(folder, monkeypatch, files):
    """Lay files in the way of what is installed, for the processes that are started."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    monkeypatch.setenv("PYTHONPATH", str(folder))


def test_a_package_of_a_wrong_version_is_seen(tmp_path, monkeypatch):
    lay(
        tmp_path,
        monkeypatch,
        {"av-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: av\nVersion: 1.0\n"},
    )
    [wanted] = [name for name, found in ask("packages")["needed"].items() if found == "unfit 1.0"]
    assert wanted.startswith("av")


def test_a_second_opencv_wheel_is_seen(tmp_path, monkeypatch):
    folder = "opencv_python-4.9.0.dist-info"
    metadata = "Metadata-Version: 2.1\nName: opencv-python\nVersion: 4.9.0\n"
    lay(tmp_path, monkeypatch, {f"{folder}/METADATA": metadata, f"{folder}/top_level.txt": "cv2\n"})
    assert ask("opencv")["wheels"] == ["opencv-contrib-python-headless", "opencv-python"]


def test_opencv_5_is_seen(tmp_path, monkeypatch):
    lay(tmp_path, monkeypatch, {"cv2/__init__.py": "__version__ = '5.0.0'\n"})
    assert ask("opencv")["lacking"] == ["Haar, which version 5 dropped"]


def test_a_missing_cascade_file_is_seen(tmp_path, monkeypatch):
    code = (
        "__version__ = '4.14.0'\n"
        "class CascadeClassifier: pass\n"
        "class data: haarcascades = '/nowhere/'\n"
        "optflow = DISOpticalFlow = FaceDetectorYN = None\n"
    )
    lay(tmp_path, monkeypatch, {"cv2/__init__.py": code})
    lacking = ask("opencv")["lacking"]
    assert lacking[0] == "/nowhere/haarcascade_frontalface_default.xml"
    assert len(lacking) == 2


def test_a_package_that_breaks_or_ends_its_importer_is_told_in_a_line(tmp_path, monkeypatch):
    lay(
        tmp_path,
        monkeypatch,
        {"torchvision/__init__.py": "raise RuntimeError('operator nms does not exist')"},
    )
    assert ask("torchvision") == Failure("RuntimeError: operator nms does not exist")
    lay(tmp_path, monkeypatch, {"torchvision/__init__.py": "import os; os.kill(os.getpid(), 11)"})
    assert ask("torchvision") == Failure("the process was ended by SIGSEGV")


def test_a_question_that_takes_too_long_is_given_up(tmp_path, monkeypatch):
    lay(tmp_path, monkeypatch, {"torchvision/__init__.py": "import time; time.sleep(60)"})
    monkeypatch.setattr(checks, "_TIME_LIMIT_SECONDS", 1)
    assert ask("torchvision") == Failure("no answer within 1 seconds")


@pytest.mark.slow
def test_this_very_installation_is_well():
    faults = [finding for finding in examine() if finding.state == "fault"]
    assert faults == []


def test_the_command_ends_with_1_where_something_is_to_be_mended(monkeypatch, capsys):
    monkeypatch.setattr(checks, "ask", {**GOOD, "torch": Failure("no torch")}.__getitem__)
    with pytest.raises(SystemExit) as ended:
        command()
    assert ended.value.code == 1
    told = capsys.readouterr().out
    assert "no torch" in told
    assert "pip install --force-reinstall torch" in told
    monkeypatch.setattr(checks, "ask", GOOD.__getitem__)
    command()
    assert "Everything that is needed works." in capsys.readouterr().out
