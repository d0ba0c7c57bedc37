"""``python -m ferfusion``."""

from ferfusion.cli import main

main()
