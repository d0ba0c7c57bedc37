import pytest

from ferfusion.app.problems import Problem, problem_body, status_of
from ferfusion.errors import (
    BundleError,
    ConfigError,
    FerfusionError,
    FileError,
    MissingExtraError,
    VideoError,
)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Problem(404, "none"), 404),
        (ConfigError("bad"), 400),
        (VideoError("bad"), 422),
        (BundleError("bad"), 422),
        (FileError("full"), 507),
        (MissingExtraError("onnx"), 501),
        (FerfusionError("bad"), 422),
    ],
)
def test_status_of_each_kind_of_error(error, status):
    assert status_of(error) == status


def test_problem_body_has_the_members_of_rfc_9457():
    assert problem_body(409, "it runs") == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "detail": "it runs",
    }
