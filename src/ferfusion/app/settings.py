"""Settings of the app, checked before it starts."""

import ipaddress
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from ferfusion.app.home import default_home
from ferfusion.errors import ConfigError

_TOKEN = re.compile(r"[A-Za-z0-9._~-]{12,200}")
"""What stands in an address and in a cookie as it is."""
_LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")


def new_token() -> str:
    """Return a new secret, which cannot be guessed."""
    return secrets.token_urlsafe(24)


@dataclass(frozen=True, kw_only=True)
class AppSettings:
    """Settings of the app.

    Attributes:
        data: The app's home.
        host: Address that the server listens on.
        port: Port; 0 takes a free one.
        token: Secret of the page and the interface; by default, a new one for each start.
        names: Names under which other machines know this one, beside its addresses.
        jobs: Number of jobs that run at once; the others wait.
        upload_bytes: Largest upload.
        roots: Folders whose files may be opened by path; None for all files of the machine.
    """

    data: Path = field(default_factory=default_home)
    host: str = "127.0.0.1"
    port: int = 0
    token: str = field(default_factory=new_token)
    names: tuple[str, ...] = ()
    jobs: int = 1
    upload_bytes: int = 8 * 10**9
    roots: tuple[Path, ...] | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65_535:
            raise ConfigError(f"port must be 0 to 65535, got {self.port}; 0 takes a free port")
        if self.jobs < 1:
            raise ConfigError(f"jobs must be at least 1, got {self.jobs}")
        if _TOKEN.fullmatch(self.token) is None:
            raise ConfigError(
                "The token must have 12 to 200 characters, letters, digits and - _ . ~ only; name another one"
            )

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the server."""
        return is_loopback(self.host)

    def knows(self, host: str) -> bool:
        """Return whether a request may name this host.

        A page of another site can let its own name point to this machine (DNS rebinding), so a name must be
        known. An address is what it says.

        Args:
            host: The host of the header Host, without its port.

        >>> AppSettings().knows("127.0.0.1"), AppSettings().knows("evil.example")
        (True, False)
        """
        host = host.lower()
        if self.is_local:
            return host in _LOOPBACK_NAMES or is_loopback(host)
        return host == "localhost" or host in map(str.lower, self.names) or is_address(host)


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine alone.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    if host.lower() == "localhost":
        return True
    return is_address(host) and ipaddress.ip_address(host).is_loopback


def is_address(host: str) -> bool:
    """Return whether a host is an address of the internet protocol."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
