import os
import pickle
import sys
from pathlib import Path

import pytest

from ferfusion.addresses import Address, check_out, content_of, local_copy, temporary_folder
from ferfusion.errors import ConfigError, FileError, MissingExtraError
from helpers.stores import memory_store
from helpers.web_server import web_server

SECRETS = ("secret", "abc", "AKIA")


@pytest.fixture
def store():
    with memory_store() as system:
        yield system


@pytest.fixture
def site(tmp_path):
    (tmp_path / "talk 1.mp4").write_bytes(bytes(100_000))
    with web_server(tmp_path) as root:
        yield root


@pytest.mark.parametrize(
    ("url", "text", "name"),
    [
        ("s3://bucket/talks/a.mp4", "s3://bucket/talks/a.mp4", "a.mp4"),
        ("s3://bucket/what?.mp4", "s3://bucket/what?.mp4", "what?.mp4"),
        ("gs://bucket/folder/", "gs://bucket/folder/", "folder"),
        ("ftp://me:secret@host/a.mp4", "ftp://me@host/a.mp4", "a.mp4"),
        ("https://me:secret@host/a%20b.mp4#t=3", "https://host/a%20b.mp4", "a b.mp4"),
        ("https://host/a%2Fb.mp4", "https://host/a%2Fb.mp4", "a_b.mp4"),
        ("https://host/a.mp4?X-Amz-Credential=AKIA&X-Amz-Signature=abc", "https://host/a.mp4", "a.mp4"),
        ("https://host/a.mp4?sv=1&sig=abc", "https://host/a.mp4", "a.mp4"),
        ("https://host/", "https://host/", "host"),
    ],
)
def test_text_and_name_of_an_address_have_no_secrets(url, text, name):
    address = Address(url)
    assert (str(address), address.name) == (text, name)
    assert not any(secret in repr(address) for secret in SECRETS)
    assert pickle.loads(pickle.dumps(address)).url == url


def test_text_tells_two_queries_apart_and_not_two_signatures():
    first, second = (str(Address(f"https://host/get?id={number}&token=abc")) for number in (1, 2))
    assert first != second
    assert first == str(Address("https://host/get?token=other&id=1"))
    assert "id" not in first


def test_parts_are_added_before_the_query():
    assert (Address("https://host/a/?sig=abc") / "b.mp4").url == "https://host/a/b.mp4?sig=abc"


@pytest.mark.parametrize(
    ("info", "told"),
    [
        ({"size": 3, "ETag": "x", "LastModified": "now"}, '[3, "ETag", "x"]'),
        ({"size": 3, "mtime": 1.5, "created": 1}, '[3, "mtime", "1.5"]'),
        ({"size": 3}, ""),
    ],
)
def test_content_is_told_by_a_checksum_or_a_time(info, told):
    assert content_of(info) == told


def test_files_go_to_an_object_store_and_come_back(store, tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("one")
    folder = Address("memory://bucket/out")
    assert not folder.exists()
    assert folder.files() == {}
    (folder / "deep/a.txt").upload(file)
    assert list(folder.files()) == ["deep/a.txt"]
    assert folder.is_folder()
    assert not (folder / "deep/a.txt").is_folder()
    assert (folder / "deep/a.txt").read() == b"one"
    (folder / "deep/a.txt").remove()
    assert not (folder / "deep/a.txt").exists()


def test_a_local_address_gets_its_folders(tmp_path):
    (tmp_path / "a.txt").write_text("one")
    address = Address(f"file://{tmp_path}/new/deep/b.txt")
    address.upload(tmp_path / "a.txt")
    assert (tmp_path / "new/deep/b.txt").read_text() == "one"
    assert address.content().startswith('[3, "mtime"')


def test_a_copy_has_the_name_and_is_removed(site):
    address = Address(f"{site}/talk%201.mp4?token=abc")
    before = address.content()
    assert before.startswith('[100000, "ETag"')
    with local_copy(address) as copy:
        assert (copy.name, copy.stat().st_size) == ("talk 1.mp4", 100_000)
    assert not copy.parent.exists()


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ("none.mp4?token=abc", "there is no such file"),
        ("talk%201.mp4?deny=1&token=abc", "403"),
        ("talk%201.mp4?broken=1&token=abc", r"read: the connection ended before the whole file was there$"),
    ],
)
def test_a_web_server_that_fails_is_one_line_without_secrets(site, tmp_path, rest, message):
    address = Address(f"{site.replace('://', '://me:secret@')}/{rest}")
    with pytest.raises(FileError, match=message) as failed:
        address.download(tmp_path / "copy.mp4")
    assert "cannot be read: " in str(failed.value)
    assert failed.value.__cause__ is None
    assert not any(secret in str(failed.value) for secret in SECRETS)


def test_a_web_server_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileError, match=r"^http://127\.0\.0\.1:9/a\.mp4 cannot be read: .*[Cc]onnect"):
        Address("http://127.0.0.1:9/a.mp4").download(tmp_path / "a.mp4")


def test_no_permission_is_named(store, monkeypatch, tmp_path):
    def refuse(*_, **__):
        raise PermissionError("Access Denied to arn:secret")

    monkeypatch.setattr(type(store), "get_file", refuse)
    with pytest.raises(FileError, match="no permission; check the credentials") as failed:
        Address("memory://bucket/a.mp4").download(tmp_path / "a.mp4")
    assert "secret" not in str(failed.value)


def test_a_bug_keeps_its_traceback(store, monkeypatch):
    def fail(*_, **__):
        raise KeyError("size")

    monkeypatch.setattr(type(store), "exists", fail)
    with pytest.raises(KeyError):
        Address("memory://bucket").exists()


@pytest.mark.parametrize(
    "url", ["reference://x", "dbfs://h/x", "dir://x", "jupyter://me/x.mp4", "github://x"]
)
def test_a_file_system_that_does_not_open_is_one_line(url):
    with pytest.raises(FileError, match=rf"^{url} cannot be "):
        Address(url).exists()


@pytest.mark.parametrize("kind", [TypeError, IndexError, AttributeError, KeyError, ValueError])
def test_any_error_of_opening_is_one_line_without_secrets(monkeypatch, kind):
    def fail(url, **_):
        raise kind(f"no {url}")

    monkeypatch.setattr("fsspec.core.url_to_fs", fail)
    with pytest.raises(FileError, match=r"^https://host/a cannot be .*no ") as failed:
        Address("https://me:secret@host/a?sig=abc").check()
    assert not any(secret in str(failed.value) for secret in SECRETS)


@pytest.mark.parametrize("url", ["file://", "memory://", "s3://", "https://", "file://outs/x"])
def test_an_address_without_a_path_is_refused(url):
    for use in (Address(url).check, Address(url).is_folder, Address(url).files):
        with pytest.raises(ConfigError, match=rf"^{url} is no address of a file or folder: it"):
            use()


def test_a_capital_scheme_is_read(site, tmp_path):
    Address(f"{site.replace('http', 'HTTP')}/talk%201.mp4").download(tmp_path / "a.mp4")
    assert (tmp_path / "a.mp4").stat().st_size == 100_000


@pytest.mark.parametrize("name", ["a?b=1.jpg", "a#b.jpg", "a;b=1.jpg"])
def test_a_local_address_has_the_name_of_the_file(tmp_path, name):
    (tmp_path / name).write_text("one")
    with local_copy(Address(f"file://{tmp_path}/{name}")) as copy:
        assert (copy.name, copy.read_text()) == (name, "one")


@pytest.mark.parametrize("rest", ["%2e%2e", "a%00.mp4", "%2e"])
def test_a_copy_stays_in_its_folder(monkeypatch, rest):
    files: list[Path] = []
    monkeypatch.setattr(Address, "download", lambda self, file: files.append(file))
    with local_copy(Address(f"https://host/{rest}")) as copy:
        assert files == [copy]
        assert copy.name in ("file", "a_.mp4")


def test_memory_is_of_this_process():
    assert Address("memory://bucket/a").is_of_this_process
    assert not Address("s3://memory/a").is_of_this_process


def test_an_unknown_scheme_is_refused(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"Unknown scheme zzz:// of zzz://bucket/a; .* https://$"):
        Address("zzz://bucket/a").check()
    (tmp_path / "zzz:").mkdir()
    with pytest.raises(ConfigError, match=r"or a path with \./ before it"):
        Address("zzz://").check()


def test_a_missing_package_of_another_scheme_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "adlfs", None)
    with pytest.raises(MissingExtraError, match="Install adlfs") as failed:
        Address("abfs://bucket@account/a").check()
    assert "pip install" not in str(failed.value)


def test_a_missing_package_has_its_install_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(MissingExtraError, match=r"s3fs.*pip install 'ferfusion\[remote\]'"):
        Address("s3://bucket/a").check()


def test_a_temporary_folder_removes_those_of_killed_processes(monkeypatch, tmp_path):
    monkeypatch.setattr("ferfusion.addresses.gettempdir", lambda: str(tmp_path))
    killed = tmp_path / f"ferfusion-{os.getuid()}" / ".result.1-0123abcd.partial"
    killed.mkdir(parents=True)
    with temporary_folder() as first, temporary_folder() as second:
        assert not killed.exists()
        assert first.is_dir()
        assert second.is_dir()
    assert list(killed.parent.iterdir()) == []


def test_a_temporary_folder_is_not_made_through_a_link(monkeypatch, tmp_path):
    monkeypatch.setattr("ferfusion.addresses.gettempdir", lambda: str(tmp_path))
    (tmp_path / f"ferfusion-{os.getuid()}").symlink_to(tmp_path)
    with pytest.raises(FileError, match="TMPDIR"), temporary_folder():
        pass


@pytest.mark.parametrize(
    ("address", "message"), [("https://host/out", "web server"), ("zzz://bucket", "Unknown scheme")]
)
def test_check_out_refuses_what_cannot_have_predictions(address, message):
    with pytest.raises(ConfigError, match=message):
        check_out(Address(address))
