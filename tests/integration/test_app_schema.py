"""schemathesis asks the app's interface what its OpenAPI description allows, and what it does not."""

import json

import pytest
from hypothesis import HealthCheck, given, settings

from helpers.app_server import TOKEN, SharedStandby, running_app, stand_in_worker
from helpers.written import write_predictions

schemathesis = pytest.importorskip("schemathesis")
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
ENDLESS = "/api/v1/events"
"""A stream, which does not end; its own test reads it."""


EXAMPLES = 12
UNDERSTOOD = (501, 503, 507)
"""Answers that say what the server cannot do now: an extra is missing, it is busy, the disk is full."""


@pytest.fixture(scope="module")
def api(tmp_path_factory, sample_corpus):
    """The description of the interface of an app that has a result; no upload of it is large."""
    root = tmp_path_factory.mktemp("schema")
    standby = SharedStandby()
    with pytest.MonkeyPatch.context() as patch, stand_in_worker(patch):
        roots = (root / "open",)
        clip = sample_corpus / "s01" / "fear" / "s01_fear_1.mp4"
        with running_app(root / "home", standby=standby, upload_bytes=10_000, roots=roots) as app:
            out = write_predictions(root / "open" / "predictions", clip)
            answer = app.client.post("/api/v1/uploads/path", json={"path": str(out)})
            described = app.client.get("/api/v1/openapi.json").json()
            result = answer.json()[0]["job"]
            text = json.dumps(described).replace(
                '"title": "Result Id"', f'"title": "R", "enum": ["{result}"]'
            )
            schema = schemathesis.openapi.from_dict(json.loads(text))
            schema.config.update(base_url=app.address)
            yield schema
    standby.really_end()


def ask_everything(operation):
    """Ask what a description of one address allows, and look at each answer."""

    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def ask(case):
        answer = case.call(headers=HEADERS, timeout=30)
        assert answer.status_code < 500 or answer.status_code in UNDERSTOOD, (
            case.as_curl_command(),
            answer.text,
        )
        if answer.status_code >= 400:
            [kind] = answer.headers["content-type"]
            assert kind == "application/problem+json", case.as_curl_command()

    ask()


@pytest.mark.slow
def test_no_question_is_a_fault_of_the_server_and_every_error_is_a_problem(api, subtests):
    for found in api.get_all_operations():
        operation = found.ok()
        if operation.path != ENDLESS:
            with subtests.test(address=f"{operation.method} {operation.path}"):
                ask_everything(operation)


def test_description_names_every_address(api):
    assert len(api.raw_schema["paths"]) > 30
