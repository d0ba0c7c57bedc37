import pytest

from ferfusion.app.settings import AppSettings, is_address, is_loopback, new_token
from ferfusion.errors import ConfigError


def test_token_is_new_for_each_start_and_long():
    assert AppSettings().token != AppSettings().token
    assert len(new_token()) >= 32


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"port": 70_000}, "port must be 0 to 65535"),
        ({"jobs": 0}, "jobs must be at least 1"),
        ({"token": "short"}, "12 to 200 characters"),
        ({"token": "with-a-line\nbreak"}, "letters, digits"),
        ({"token": "größer-als-ASCII"}, "letters, digits"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(values, words):
    with pytest.raises(ConfigError, match=words):
        AppSettings(**values)


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("127.0.0.1", True),
        ("localhost", True),
        ("LOCALHOST", True),
        ("::1", True),
        ("127.8.8.8", True),
        ("192.168.1.7", False),
        ("evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("", False),
    ],
)
def test_local_app_is_known_by_the_names_of_its_machine(host, known):
    assert AppSettings().knows(host) is known


def test_app_on_the_network_is_known_by_addresses_and_stated_names():
    settings = AppSettings(host="0.0.0.0", names=("Lab-7",))
    assert not settings.is_local
    assert [settings.knows(host) for host in ("192.168.1.7", "lab-7", "localhost", "evil.example")] == [
        True,
        True,
        True,
        False,
    ]


def test_loopback_is_this_machine_alone():
    assert is_loopback("127.0.0.1")
    assert not is_loopback("10.0.0.1")
    assert is_address("::1")
    assert not is_address("localhost")
