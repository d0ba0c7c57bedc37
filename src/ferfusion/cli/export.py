"""``ferfusion export``: a bundle as an ONNX file."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

import ferfusion as fer
from ferfusion.cli.describe import described_by


@described_by(fer.export)
def export(
    model: Annotated[Path, Parameter(name="--bundle")], out: Path, *, int8: Path | None = None
) -> None:
    """See ``ferfusion.export``."""
    done = fer.export(model, out, int8=int8)
    size = done.path.stat().st_size / 2**20
    print(f"{out}: inputs {', '.join(done.inputs)}, any number of faces at once; {size:.1f} MiB")
    for line in done.int8.lines if done.int8 else ():
        print(line)
    print(f"Now: ferfusion predict VIDEO --bundle {out}")
