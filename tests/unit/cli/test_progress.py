from ferfusion.cli.progress import console, progress_bar
from ferfusion.progress import Progress


def test_progress_bar_keeps_messages_above_it(capsys):
    with progress_bar() as bar:
        bar(Progress("Preparing", "a.mp4", 1, 2, "videos"))
        bar(Progress(message="a [bold] message that stays"))
    assert bar.console is console
    assert "a [bold] message that stays" in capsys.readouterr().out
