import pytest

from ferfusion.inference.predictor import SHIPPED


def test_bundle_is_added_by_upload_and_predicts(app, tmp_path, clip, quick_jobs):
    (tmp_path / "mine.safetensors").write_bytes(SHIPPED.read_bytes())
    row = app.send(tmp_path / "mine.safetensors")
    assert row["kind"] == "bundle"
    model = app.client.post("/api/v1/models", json={"upload": row["id"]}).json()
    assert model["classes"][0] == "Anger"
    assert [each["id"] for each in app.client.get("/api/v1/models").json()] == ["shipped", model["id"]]
    video = app.send(clip)
    [job] = app.client.post("/api/v1/jobs", json={"inputs": [video["id"]], "model": model["id"]}).json()
    assert job["model"] == model["name"]


@pytest.mark.parametrize(
    ("body", "status"), [({}, 422), ({"path": "/no/such"}, 404), ({"upload": "0123456789abcdef"}, 404)]
)
def test_model_that_cannot_be_added_is_a_problem(app, body, status):
    assert app.client.post("/api/v1/models", json=body).status_code == status


def test_photograph_is_predicted_at_once(app, clip, tmp_path):
    import cv2

    import ferfusion as fer

    cv2.imwrite(str(tmp_path / "a.png"), fer.frame_at(clip, 0.5)[..., ::-1])
    answer = app.client.post("/api/v1/predict", content=(tmp_path / "a.png").read_bytes()).json()
    assert answer["kind"] == "photograph"
    assert answer["faces"][0]["probabilities"].keys() == set(answer["classes"])
    assert answer["statement"].startswith("Face 0")
    assert list((tmp_path / "home" / "uploads").iterdir()) == []


def test_short_clip_is_predicted_at_once_and_no_file_stays(app, clip, tmp_path):
    answer = app.client.post("/api/v1/predict", params={"name": "a.mp4"}, content=clip.read_bytes()).json()
    assert answer["kind"] == "video"
    assert answer["spans"][0]["start"] == 0
    refused = app.client.post("/api/v1/predict", content=b"no image")
    assert refused.status_code == 422
    assert refused.json()["detail"].startswith("Cannot open sent.mp4 as a video")
    assert list((tmp_path / "home" / "uploads").iterdir()) == []
