"""What the parts of the server share."""

from dataclasses import dataclass

from ferfusion.app.events import Hub
from ferfusion.app.home import Home
from ferfusion.app.job_queue import JobQueue
from ferfusion.app.jobs import JobFolders
from ferfusion.app.settings import AppSettings
from ferfusion.app.standby import Standby
from ferfusion.app.uploads import Uploads


@dataclass(frozen=True)
class AppState:
    """The parts of a server.

    Attributes:
        settings: The settings.
        home: Paths of its files.
        uploads: The uploads.
        queue: The jobs.
        hub: Sends events.
        standby: A process for short work.
    """

    settings: AppSettings
    home: Home
    uploads: Uploads
    queue: JobQueue
    hub: Hub
    standby: Standby


def make_state(settings: AppSettings, home: Home) -> AppState:
    """Return the parts of a server, whose home is open."""
    return AppState(
        settings=settings,
        home=home,
        uploads=Uploads(home, limit_bytes=settings.upload_bytes),
        queue=JobQueue(JobFolders(home), at_once=settings.jobs),
        hub=Hub(),
        standby=Standby(),
    )
