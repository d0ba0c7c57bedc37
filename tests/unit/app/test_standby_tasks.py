import io
import json

import pytest

from ferfusion.app.standby_tasks import answer, serve


def asked(task, **arguments):
    return answer(json.dumps({"task": task, "arguments": arguments}).encode())


def test_probe_tells_kind_and_size(clip):
    assert asked("probe", path=str(clip)) == {
        "kind": "video",
        "reason": "",
        "width": 176,
        "height": 176,
        "fps": 25.0,
        "seconds": pytest.approx(1.28),
    }


def test_list_files_has_a_limit(clip):
    found = asked("list_files", path=str(clip.parent), most=100)["files"]
    assert str(clip) in found
    refused = asked("list_files", path=str(clip.parent), most=0)
    assert refused["status"] == 400
    assert "the app opens at most 0" in refused["problem"]


def test_serve_answers_line_by_line(clip):
    line = json.dumps({"task": "probe", "arguments": {"path": str(clip)}}).encode() + b"\n"
    answers = io.BytesIO()
    serve(io.BytesIO(line * 2), answers)
    assert len(answers.getvalue().splitlines()) == 2


def test_serve_ends_with_a_fault(capfd):
    with pytest.raises(KeyError):
        serve(io.BytesIO(b'{"task": "none", "arguments": {}}\n'), io.BytesIO())
    assert "KeyError" in capfd.readouterr().err
