"""Make the network of the estimator ``small``: gather faces, train, measure, and write it.

    ferfusion prepare FER2013 DATASET --labels seven --size 96
    ferfusion split DATASET
    ferfusion fetch face-landmarker
    python examples/action_network WORK DATASET FACES.zip

DATASET is FER2013, FACES.zip a zip of other photographs of faces. The same command resumes after an epoch.
The network is ``WORK/actions.safetensors``; ``--out src/ferfusion/shipped/actions.safetensors`` replaces the
one that ships.
"""

import argparse
from dataclasses import fields
from pathlib import Path

import numpy as np

from faces import Faces
from fit import Scale, save_halved, train
from gather import check_same, gather
from report import as_markdown, given_actions, measure

EPOCHS = 10


def joined(*faces: Faces) -> Faces:
    """Return faces of several files as one."""
    return Faces(*(np.concatenate([getattr(one, field.name) for one in faces]) for field in fields(Faces)))


def main() -> None:
    """Gather, train, measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("work", type=Path, help="folder of the gathered faces and of the training")
    parser.add_argument("stills", type=Path, help="a dataset of still faces, prepared and split")
    parser.add_argument("photographs", type=Path, help="a zip of photographs of faces")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--out", type=Path, help="default: actions.safetensors in WORK")
    given = parser.parse_args()
    check_same(given.work, stills=given.stills, photographs=given.photographs, epochs=given.epochs)
    gather(given.work, stills=given.stills, photographs=given.photographs)

    def read(name: str) -> Faces:
        return Faces.load(given.work / f"{name}.safetensors")

    studio = read("studio")
    scale = Scale.fitted(studio, read("studio_taught"))
    rendered = joined(studio, read("everyday"))
    taught = scale.applied(joined(read("photographs"), read("faces")))
    network = train(rendered, taught, given.work / "last.pt", epochs=given.epochs)
    table = measure(network, given.work, scale, given.stills)
    print(as_markdown(table))
    gives = given_actions(table)
    print(f"{len(gives)} actions are given")
    out = given.out or given.work / "actions.safetensors"
    save_halved(out, network, gives=gives)
    print(f"{out}: {out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
