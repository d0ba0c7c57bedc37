"""``ferfusion doctor``."""

from rich.markup import escape
from rich.table import Table

from ferfusion.cli.progress import console
from ferfusion.inference.doctor import examine

_MARKS = {"ok": "[green]ok[/]", "note": "[yellow]note[/]", "fault": "[red]fault[/]"}


def doctor() -> None:
    """Look the installation over, predict a sample video, and print a line that mends each fault.

    The exit code is 1 if something that is needed is missing or broken; what only extras need is a note.
    """
    with console.status("Looking the installation over, about half a minute"):
        findings = list(examine())
    table = Table(box=None, pad_edge=False)
    for name in ("", "what", "found"):
        table.add_column(name, overflow="fold")
    for finding in findings:
        says = escape(finding.says) + (f"\n[bold]{escape(finding.mend)}[/]" if finding.mend else "")
        table.add_row(_MARKS[finding.state], finding.name, says)
    console.print(table, highlight=False)
    faults = sum(finding.state == "fault" for finding in findings)
    if faults:
        console.print(f"[red]{faults} to mend[/]: run the lines in bold, then ferfusion doctor again.")
        raise SystemExit(1)
    console.print("[green]Everything that is needed works.[/]")
