"""What the parts of the server share."""

from dataclasses import dataclass

from ferfusion.app.events import Hub
from ferfusion.app.home import Home
from ferfusion.app.job_queue import JobQueue
from ferfusion.app.jobs import JobFolders
from ferfusion.app.label_projects import LabelProjects
from ferfusion.app.models import Models
from ferfusion.app.readings import Readings
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
        camera: A process for the images of a camera.
        models: The models.
        readings: Results that are open.
        label_projects: Label projects that were opened.
    """

    settings: AppSettings
    home: Home
    uploads: Uploads
    queue: JobQueue
    hub: Hub
    standby: Standby
    camera: Standby
    models: Models
    readings: Readings
    label_projects: LabelProjects


def make_state(settings: AppSettings, home: Home, *, standby: Standby | None = None) -> AppState:
    """Return the parts of a server, whose home is open."""
    standby = Standby() if standby is None else standby
    return AppState(
        settings=settings,
        home=home,
        uploads=Uploads(home, limit_bytes=settings.upload_bytes),
        queue=JobQueue(JobFolders(home), at_once=settings.jobs),
        hub=Hub(),
        standby=standby,
        camera=Standby(most_tasks=None),
        models=Models(home, standby),
        readings=Readings(),
        label_projects=LabelProjects(home),
    )
