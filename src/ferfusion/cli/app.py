"""``ferfusion app``."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.markup import escape

from ferfusion.app.home import default_home
from ferfusion.app.serve import serve, token_of_environment
from ferfusion.app.settings import AppSettings, is_loopback, new_token
from ferfusion.cli.progress import console
from ferfusion.errors import ConfigError

_BROWSER = Parameter(name="--browser", negative="--no-browser")


def app(
    *opened: Path,
    data: Path | None = None,
    port: int = 0,
    host: str = "127.0.0.1",
    token: str | None = None,
    name: tuple[str, ...] = (),
    jobs: int = 1,
    upload_bytes: int = AppSettings.upload_bytes,
    browser: Annotated[bool, _BROWSER] = True,
) -> None:
    """Open the app in the browser: predict videos and photographs, read the results, and study models.

    It listens on this machine only, and sends nothing anywhere. The address has a token; without it, nobody
    can use the app. Stop it with Ctrl-C: jobs that run go on at the next start.

    Args:
        opened: Videos, photographs, models, or folders of predictions, datasets and runs to open at the
            start. With another host, only files inside them can be opened by path.
        data: Folder for uploads and results; by default, the user's folder for the data of programs.
        port: Port to listen on; 0 takes a free one.
        host: Address to listen on; another one than 127.0.0.1 needs a stated token.
        token: Secret of the page; by default, a new one for each start. The environment variable
            FERFUSION_APP_TOKEN states one without showing it in the list of processes.
        name: Name under which other machines know this one; may be given several times.
        jobs: Number of jobs that run at once; the others wait.
        upload_bytes: Largest upload, in bytes.
        browser: Open the page in the browser.
    """
    stated = token or token_of_environment()
    settings = AppSettings(
        data=(data or default_home()).expanduser().absolute(),
        host=host,
        port=port,
        names=name,
        jobs=jobs,
        upload_bytes=upload_bytes,
        roots=None if is_loopback(host) else tuple(path.expanduser().resolve() for path in opened),
        token=stated or new_token(),
    )
    if not settings.is_local and stated is None:
        raise ConfigError(
            f"Other machines can reach {host}, so the token must be stated: "
            "set FERFUSION_APP_TOKEN, or name one with --token"
        )
    serve(settings, opened=opened, browser=browser, on_message=_say, on_ready=_tell)


def _say(message: str) -> None:
    console.print(escape(message), highlight=False, soft_wrap=True)


def _tell(address: str) -> None:
    console.print(f"ferfusion app: [bold]{address}[/]", soft_wrap=True, highlight=False)
    console.print("Stop it with Ctrl-C.", highlight=False)
