import pytest

from ferfusion.urls import Url, in_extra, is_address, lost_slash, shown, without_secrets


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("s3://bucket/a.mp4", True),
        ("simplecache::gs://bucket/a", False),
        ("C:/a.mp4", False),
        ("a: b.mp4", False),
        ("./s3://a", False),
    ],
)
def test_is_address_of_text_with_a_scheme_only(place, expected):
    assert is_address(place) is expected


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://me:pw@host/x.mp4", "https://host/x.mp4"),
        ("https://token@host/x.mp4", "https://host/x.mp4"),
        ("https://me:p@ss@h/x.mp4", "https://h/x.mp4"),
        ("http://me:se/cret@127.0.0.1:8765/x.mp4", "http://127.0.0.1:8765/x.mp4"),
        ("http://me:se/cret@127.0.0.1:8765/a@b.mp4", "http://127.0.0.1:8765/a@b.mp4"),
        ("https://me:a#b@host/x.mp4", "https://host/x.mp4"),
        ("https://me:a?b=c@host/x.mp4", "https://host/x.mp4"),
        ("https://me:p@s/s@h.org/x.mp4", "https://h.org/x.mp4"),
        ("sftp://me:a/b@host/x.mp4", "sftp://me@host/x.mp4"),
        ("sftp://alice@h/x@y.mp4", "sftp://alice@h/x@y.mp4"),
        ("ssh://alice:pw@h/x.mp4", "ssh://alice@h/x.mp4"),
        ("smb://alice:pw@h/x.mp4", "smb://alice@h/x.mp4"),
        ("HTTP://me:pw@h/x.mp4", "http://h/x.mp4"),
        ("https://me:pw@host/1@2.mp4", "https://host/1@2.mp4"),  # no user is in a path
        ("https://host:8080/a@b.mp4", "https://host:8080/a@b.mp4"),
        ("http://[::1]:80/a@b.mp4", "http://[::1]:80/a@b.mp4"),
        ("https://host/@ann/x.mp4", "https://host/@ann/x.mp4"),
        ("abfs://raw@acct.dfs.core.windows.net/x.mp4", "abfs://raw@acct.dfs.core.windows.net/x.mp4"),
        ("github://org:repo@main/x.mp4", "github://org:repo@main/x.mp4"),
        ("s3://bucket/a?b=1#c;d=2.jpg", "s3://bucket/a?b=1#c;d=2.jpg"),
        ("https://h/x.mp4;token=abc", "https://h/x.mp4"),
        ("https://h/x.mp4;token=abc.mp4?sig=abc", "https://h/x.mp4"),
        ("https://h/a;jsessionid=abc/x.mp4", "https://h/a/x.mp4"),
        ("https://h/a;b.mp4", "https://h/a;b.mp4"),
        ("https://h/x.mp4#a?token=abc", "https://h/x.mp4"),
        ("zip://a.mp4::https://me:pw@h/b.zip?sig=abc", "zip://a.mp4::https://h/b.zip"),
    ],
)
def test_shown_text_has_no_secret_and_keeps_what_names_a_file(url, text):
    assert shown(url) == text


@pytest.mark.parametrize("rest", ["?secret", "?id=secret", ";secret", ";v=secret", "?a=1&token=x&b=secret"])
def test_what_signs_nothing_is_written_as_a_mark(rest):
    text = shown(f"https://h/x.mp4{rest}")
    assert text.startswith("https://h/x.mp4?query=")
    assert "secret" not in text
    assert text != shown(f"https://h/x.mp4{rest}2")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://h/%2e%2e", "file"),
        ("https://h/a%00.mp4", "a_.mp4"),
        ("https://h/a%2F..%2Fb.mp4", "a_.._b.mp4"),
        ("s3://b/..", "file"),
        ("s3://b/.", "file"),
        ("s3://b/a\0.mp4", "a_.mp4"),
        ("s3://", "file"),
        ("https://h/x.mp4;token=abc", "x.mp4"),
        ("file:///q2/a?b=1.jpg", "a?b=1.jpg"),
    ],
)
def test_name_leads_to_no_other_folder(url, name):
    assert Url.of(url).name == name


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("s3://", "has no path"),
        ("memory:///", "has no path"),
        ("https://", "has no path"),
        ("data://x,y", "in the address itself"),
        ("file://", "file:///…"),
        ("file://outs/x", "file:///…"),
        ("http://me:a/b?c@host/x", "write / as %2F, ? as %3F"),
        ("sftp://me:a/b@host/x", "no address can have"),
        ("file:///", ""),
        ("s3://bucket", ""),
        ("https://me:a%2Fb@host/x", ""),
    ],
)
def test_fault_says_why_an_address_leads_to_no_file(url, words):
    assert (words in Url.of(url).fault) if words else Url.of(url).fault == ""


@pytest.mark.parametrize(
    "text",
    [
        "403, url='https://me:secret@h/x?sig=secret'",
        "cannot reach https://other/y?token=secret",
        "no /x?sig=secret there",
        "no HTTPS://me:secret@h/x?sig=secret",
    ],
)
def test_messages_of_libraries_have_no_secrets(text):
    assert "secret" not in without_secrets(text, "HTTPS://me:secret@h/x?sig=secret")


def test_messages_keep_names_of_other_file_systems():
    assert without_secrets("no file://a?b.mp4", "file:///a?b.mp4") == "no file://a?b.mp4"


def test_lost_slash_finds_addresses_among_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path, address in (
        ("s3:/b/q", "s3://b/q"),
        ("file:/b", "file://b"),
        ("exp:/b", None),
        ("s3", None),
        ("./s3:/b", None),
        ("/s3:/b", None),
    ):
        assert lost_slash(path) == address
    (tmp_path / "s3:").mkdir()
    assert lost_slash("s3:/b/q") is None  # it is a folder here


def test_in_extra_names_the_schemes_of_the_extra():
    assert [each for each in ("s3", "gs", "http", "https", "abfs", "sftp") if in_extra(each)] == [
        "s3",
        "gs",
        "http",
        "https",
    ]
