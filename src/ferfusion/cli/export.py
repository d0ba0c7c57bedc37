"""``ferfusion export``: a bundle as an ONNX or Keras file."""

from typing import Any

import ferfusion as fer
from ferfusion.cli.verbs import command_of


@command_of(fer.export, options={"model": "--bundle"})
def export(*given: Any, **settings: Any) -> None:
    """Export, and print the inputs and the size of the file."""
    done = fer.export(*given, **settings)
    size = done.size_bytes / 2**20
    print(f"{done.path}: inputs {', '.join(done.inputs)}, any number of faces at once; {size:.1f} MiB")
    for line in done.int8.lines if done.int8 else ():
        print(line)
    if done.path.suffix == ".onnx":
        print(f"Next: ferfusion predict VIDEO --bundle {done.path}")
    else:
        print(f"Outputs: {', '.join(done.labels)}")
        print(f'Next: keras.models.load_model("{done.path}"), or ferfusion import-keras {done.path} BUNDLE')
