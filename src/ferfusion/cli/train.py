"""``ferfusion train``: from a dataset folder to a run folder."""

from typing import Any

import ferfusion as fer
from ferfusion.cli.progress import progress_bar
from ferfusion.cli.verbs import command_of


@command_of(fer.train)
def train(*given: Any, **settings: Any) -> None:
    """Train, and print the validation scores of the kept epoch."""
    with progress_bar() as bar:
        run = fer.train(*given, **settings, progress=bar)
    best = run.validation
    print(
        f"Best epoch {best.epoch} of {best.epochs}, on validation: "
        f"WAR {best.war:.1%} (baseline {best.baseline_war:.1%}), "
        f"UAR {best.uar:.1%} (baseline {best.baseline_uar:.1%}); {best.minutes:.1f} minutes"
    )
    print(run.protocol)
    print(f"{run.folder}: {', '.join(run.files)}")
    print(f"Next: ferfusion evaluate {run.folder}")
