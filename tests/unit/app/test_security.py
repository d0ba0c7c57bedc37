import http.client

import httpx
import pytest

from ferfusion.app.security import CONTENT_POLICY, host_name
from helpers.app_server import TOKEN, running_app

JOBS = "/api/v1/jobs"


def bare(app, path=JOBS, *, method="GET", **headers):
    """A request without the token."""
    with httpx.Client(base_url=app.address, trust_env=False) as client:
        return client.request(method, path, headers=headers)


def check_problem(answer, status, words):
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert words in answer.json()["detail"]


def test_health_alone_needs_no_token(app):
    assert bare(app, "/api/v1/health").json()["status"] == "ok"
    for path in ("/", JOBS, "/api/v1/openapi.json", "/index.html", "/api/v1/health/x"):
        check_problem(bare(app, path), 401, "token")


@pytest.mark.parametrize("token", ["x", "wrong", TOKEN[:-1], TOKEN + "x", "ü"])
def test_wrong_token_is_refused(app, token):
    given = f"Bearer {token}".encode()
    check_problem(bare(app, Authorization=given), 401, "token")


def test_first_address_sets_a_cookie_and_hides_the_token(app):
    with httpx.Client(base_url=app.address, trust_env=False) as client:
        answer = client.get("/", params={"token": TOKEN, "open": "a"})
        assert answer.status_code == 303
        assert answer.headers["location"] == "/?open=a"
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        check_problem(client.get("/", params={"token": "wrong"}, headers={"Cookie": ""}), 401, "token")


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "evil.example:80", "a@127.0.0.1", ""]
)
def test_request_for_another_host_is_refused_whatever_its_token(app, host):
    check_problem(
        bare(app, "/api/v1/health", Host=host, Authorization=f"Bearer {TOKEN}"), 421, "not known as"
    )


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1", "http://127.0.0.1:1"])
def test_page_of_another_origin_is_refused_whatever_its_token(app, origin):
    check_problem(bare(app, Origin=origin, Authorization=f"Bearer {TOKEN}"), 403, "may not use this app")


def test_own_origin_is_taken(app):
    assert bare(app, Origin=app.address, Authorization=f"Bearer {TOKEN}").status_code == 200


def test_request_from_another_site_is_refused(app):
    headers = {"Sec-Fetch-Site": "cross-site", "Authorization": f"Bearer {TOKEN}"}
    check_problem(bare(app, **headers), 403, "another site")


def test_every_answer_has_the_strict_headers(app):
    for answer in (app.client.get(JOBS), bare(app), app.client.get("/none")):
        assert answer.headers["content-security-policy"] == CONTENT_POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert "unsafe" not in CONTENT_POLICY


def test_headers_and_addresses_have_a_limit(app):
    assert bare(app, **{"X-Long": "a" * 20_000}).status_code == 431
    assert bare(app, "/" + "a" * 5_000).status_code == 431
    assert app.client.get(JOBS).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/../../../etc/passwd",
        "/..%2f..%2f..%2fetc%2fpasswd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "//etc/passwd",
        "/static/..%5c..%5cserver.py",
        "/api/v1/results/..%2f..%2f/frames.csv",
        "/api/v1/jobs/..",
        "/%00",
        "/index.html%00.js",
    ],
)
def test_no_path_leaves_the_folders_of_the_app(app, path):
    connection = http.client.HTTPConnection(app.address.removeprefix("http://"), timeout=10)
    connection.request("GET", path, headers={"Authorization": f"Bearer {TOKEN}"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert answer.status in (307, 400, 404, 405)
    assert b"root:" not in body
    assert b"import" not in body


def test_host_name_of_odd_headers():
    assert [host_name(text) for text in ("localhost:8", "[::1]:8", "[::1", "a:99999", "a/b", "a?b")] == [
        "localhost",
        "::1",
        "",
        "",
        "",
        "",
    ]


def test_app_on_the_network_takes_its_address_and_its_name(tmp_path):
    with running_app(tmp_path, host="0.0.0.0", names=("lab-7",)) as app:
        token = f"Bearer {TOKEN}"
        assert bare(app, Host="lab-7", Authorization=token).status_code == 200
        check_problem(bare(app, Host="other", Authorization=token), 421, "not known as")


def test_body_that_is_no_file_has_a_limit(app):
    content = b'{"path": "' + b"a" * 1_000_000 + b'"}'
    answer = app.client.post("/api/v1/uploads/path", content=content)
    check_problem(answer, 413, "at most 1,000,000 bytes")
    parts = (content[start : start + 65_536] for start in range(0, len(content), 65_536))
    answer = app.client.post("/api/v1/uploads/path", content=parts)
    assert answer.status_code in (400, 413)
    assert app.client.get(JOBS).status_code == 200
