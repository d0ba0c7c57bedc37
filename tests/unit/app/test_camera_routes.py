import io

import numpy as np
import pytest
from PIL import Image


def jpeg(side=64):
    file = io.BytesIO()
    Image.fromarray(np.zeros((side, side, 3), np.uint8)).save(file, format="JPEG")
    return file.getvalue()


@pytest.mark.slow
def test_images_of_a_camera_are_answered_and_its_process_ends(app):
    address = "/api/v1/camera/page"
    first = app.client.post(address, params={"seconds": 0}, content=jpeg(), timeout=60)
    assert first.status_code == 200, first.text
    assert first.json()["faces"] is None
    second = app.client.post(address, params={"seconds": 0.1}, content=jpeg(), timeout=60).json()
    assert (second["faces"], second["status"], second["seconds"]) == ([], "no_face", 0.0)
    other = app.client.post("/api/v1/camera/another", params={"seconds": 0.2}, content=jpeg(), timeout=60)
    assert other.json()["faces"] is None
    assert app.client.post(address, params={"seconds": 0.3}, content=b"no image").status_code == 400
    assert app.client.delete("/api/v1/camera").status_code == 204


@pytest.mark.parametrize(
    ("values", "status"), [({}, 422), ({"seconds": -1}, 422), ({"seconds": 0, "model": "none"}, 404)]
)
def test_image_of_a_camera_with_wrong_values_is_a_problem(app, values, status):
    assert app.client.post("/api/v1/camera/page", params=values, content=jpeg()).status_code == status
