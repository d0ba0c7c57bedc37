"""``ferfusion doctor``."""

from rich.markup import escape
from rich.table import Table

import ferfusion as fer
from ferfusion.cli.progress import console

_MARKS = {"ok": "[green]ok[/]", "note": "[yellow]note[/]", "fault": "[red]fault[/]"}


def doctor() -> None:
    """Check the installation, predict a sample video, and print the line that fixes each fault.

    The exit code is 1 if a needed package is missing or broken; a missing extra is a note.
    """
    with console.status("Checking the installation, about half a minute"):
        report = fer.doctor()
    table = Table(box=None, pad_edge=False)
    for name in ("", "check", "found"):
        table.add_column(name, overflow="fold")
    for row in report.to_dict("records"):
        fix = f"\n[bold]{escape(row['fix'])}[/]" if row["fix"] else ""
        table.add_row(_MARKS[row["state"]], row["check"], escape(row["found"]) + fix)
    console.print(table, highlight=False)
    faults = int((report["state"] == "fault").sum())
    if faults:
        console.print(f"[red]{faults} to fix[/]: run the lines in bold, then ferfusion doctor again.")
        raise SystemExit(1)
    console.print("[green]Everything that is needed works.[/]")
