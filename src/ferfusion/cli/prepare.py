"""``ferfusion prepare``."""

from typing import Any

from rich.table import Table

import ferfusion as fer
from ferfusion.cli.progress import console, progress_bar
from ferfusion.cli.verbs import command_of


@command_of(fer.prepare, options={"for_model": "--for"})
def prepare(*given: Any, **settings: Any) -> None:
    """Prepare, and print the counts of the dataset."""
    with progress_bar() as bar:
        data = fer.prepare(*given, **settings, progress=bar)
    counts = data.counts
    table = Table(title=f"Dataset {data.folder}", title_justify="left", show_header=False)
    for name in ("videos_by_status", "frames_by_status", "pairs_by_class"):
        if name in counts:
            label = name.replace("_by_", " by ")
            table.add_row(label, ", ".join(f"{key} {value}" for key, value in counts[name].items()))
    table.add_row("subjects", str(counts.get("subjects", "not known")))
    table.add_row("kept pairs", str(counts["pairs"]))
    console.print(table)
    lost = counts["videos"] - counts["videos_by_status"].get("ok", 0)
    if lost:
        console.print(f"Rows of videos.csv that are not used: {lost:,}; the column reason has the reasons:")
        for rows, status, reason, example in data.left_out.itertuples(index=False, name=None):
            line = f"{rows:>7,}  {status}: {reason} ({example or 'no path'})"
            console.print(line, markup=False, highlight=False, soft_wrap=True)
