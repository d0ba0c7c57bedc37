import pytest

from ferfusion.temporary import final_path, temporary_path


def test_temporary_path_is_another_one_each_time_and_keeps_the_name_of_the_file(tmp_path):
    path = tmp_path / ("x" * 245 + ".onnx")
    first, second = temporary_path(path), temporary_path(path)
    assert first != second
    first.touch()
    nested = temporary_path(temporary_path(tmp_path / "model.onnx", suffix=".mp4"))
    assert final_path(nested) == tmp_path / "model.onnx"


@pytest.mark.parametrize(
    ("temporary", "final"), [("run/.lock", "run"), (".m.onnx.lock", "m.onnx"), (".npmrc", ".npmrc")]
)
def test_final_path_of_a_lock_is_its_output(tmp_path, temporary, final):
    assert final_path(tmp_path / temporary) == tmp_path / final
