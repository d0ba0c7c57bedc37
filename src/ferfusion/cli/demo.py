"""``ferfusion demo``."""

import sys
from pathlib import Path

import ferfusion as fer
from ferfusion.cli.evaluate import evaluate
from ferfusion.cli.predict import predict
from ferfusion.cli.prepare import prepare
from ferfusion.cli.progress import console
from ferfusion.cli.split import split
from ferfusion.cli.train import train


def demo(out: Path = Path("demo")) -> None:
    """Run the main job on the sample corpus that comes with the package.

    The corpus is rendered: 3D faces that display six expressions. The same five commands work on a
    folder of your own videos.

    Args:
        out: Folder to write to; a demo that was stopped is resumed there.
    """
    corpus, dataset, run = fer.sample_corpus(), out / "dataset", out / "run"
    _print_step("1. Prepare: faces and optical flow of the videos", f"ferfusion prepare {corpus} {dataset}")
    prepare(corpus, dataset)
    _print_step("2. Split: no subject in two parts, classes balanced", f"ferfusion split {dataset}")
    split(dataset)
    _print_step("3. Train the two-stream network", f"ferfusion train {dataset} {run}")
    train(dataset, run)
    _print_step("4. Evaluate on the subjects that training never saw", f"ferfusion evaluate {run}")
    evaluate(run)
    video = unseen_video(dataset, corpus)
    _print_step(
        "5. Predict a video of an unseen subject",
        f"ferfusion predict {video} --bundle {run / 'bundle.safetensors'} --out {out / 'predictions'}",
    )
    predict(str(video), model=run / "bundle.safetensors", out=str(out / "predictions"))
    console.print(f"\nThe report: [bold]{(run / 'report.html').absolute()}[/]", soft_wrap=True)
    console.print(
        f"The annotated video: {(out / 'predictions' / video.stem / 'annotated.mp4').absolute()}",
        soft_wrap=True,
    )
    program = Path(sys.argv[0]).name
    command = sys.argv[0] if program == "ferfusion" else "ferfusion"
    console.print(f"Read it in the app: [bold]{command} app {out / 'predictions'}[/]", soft_wrap=True)


def unseen_video(dataset: Path, corpus: Path) -> Path:
    """Return the first video of the test part."""
    data = fer.Dataset(dataset)
    test = set(data.splits.query("part == 'test'")["clip"])
    videos = data.videos[data.videos["video"].isin(test)]
    return corpus / str(videos["path"].iloc[0])


def _print_step(step: str, command: str) -> None:
    console.rule(f"[bold]{step}", align="left")
    console.print(f"[dim]{command}[/]", highlight=False, soft_wrap=True)
