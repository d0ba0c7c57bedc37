"""``ferfusion export``: a bundle as an ONNX file."""

from pathlib import Path

from ferfusion.bundle import load_bundle
from ferfusion.errors import ConfigError
from ferfusion.export.onnx import export_onnx, input_names
from ferfusion.export.quantise import quantise


def export(bundle: Path, out: Path, *, int8: Path | None = None) -> None:
    """Write a bundle as an ONNX file, which predict and other programs can run.

    Args:
        bundle: Bundle file.
        out: ONNX file to write.
        int8: Dataset folder: weights and maps become 8 bit numbers, their ranges taken from its training
            part; what this costs is measured on its validation part and printed.
    """
    if out.suffix != ".onnx":
        raise ConfigError(f"The exported file is ONNX; name it so: {out.with_suffix('.onnx')}")
    loaded = load_bundle(bundle)
    export_onnx(loaded, out)
    print(
        f"{out}: inputs {', '.join(input_names(loaded))}, any number of faces at once; "
        f"{out.stat().st_size / 2**20:.1f} MiB"
    )
    if int8 is not None:
        run = bundle.parent if (bundle.parent / "config.json").is_file() else None
        for line in quantise(loaded, out, int8, run=run).lines:
            print(line)
    print(f"Now: ferfusion predict VIDEO --bundle {out}")
