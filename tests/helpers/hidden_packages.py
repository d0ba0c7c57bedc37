"""Packages that hide the installed ones, for the processes that a test starts."""


def hide_packages(folder, monkeypatch, files):
    """Write files that are imported instead of the installed packages.

    Args:
        folder: Where they are written.
        monkeypatch: Undoes it after the test.
        files: Content of each file by its path.
    """
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    monkeypatch.setenv("PYTHONPATH", str(folder))
