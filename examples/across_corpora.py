"""Train on each of two corpora and test on both: the sample, and another rendering. Needs the extra "synth".

    python examples/across_corpora.py

The other rendering has other people, a smaller image, a stronger compression, another frame rate and weaker
expressions. The trainings start from the model that comes with the package. docs/cross-corpus.md has the
result.
"""

from importlib.resources import files

import ferfusion as fer


def main() -> None:
    """Render, prepare both with the same settings, and study."""
    fer.synthesize(
        "work/others",
        subjects=12,
        clips=1,
        seed=101,
        size=128,
        fps=30,
        crf=30,
        min_intensity=0.5,
        max_intensity=0.9,
    )
    corpora = {"sample": str(fer.sample_corpus()), "rendered": "work/others"}
    datasets = [
        fer.prepare(corpus, f"work/{name}", keep_every=8, images=False) for name, corpus in corpora.items()
    ]
    study = fer.study(
        datasets,
        "work/across",
        protocol="each-to-each",
        seeds=2,
        architecture="spatial",
        stream="residual",
        start_from=str(files("ferfusion") / "shipped" / "faces.safetensors"),
        epochs=6,
        batch_size=16,
        schedule="cosine",
        learning_rate=0.0005,
    )
    print(study.table)
    print(*study.verdict, study.protocol, study.baseline, *study.cautions, sep="\n")


if __name__ == "__main__":  # the processes of a pool import this file
    main()
