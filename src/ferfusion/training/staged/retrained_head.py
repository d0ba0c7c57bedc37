"""Train a network end to end, then retrain its head on embeddings that are balanced by SMOTE.

Source: Kang et al. 2020, Decoupling Representation and Classifier for Long-Tailed Recognition.
"""

import time
from dataclasses import replace

import torch

from ferfusion.bundle import load_bundle
from ferfusion.compute import torch_device
from ferfusion.models.bases import ExpressionModel
from ferfusion.models.build import build_model
from ferfusion.reporting.words import counted
from ferfusion.training.build import codes_to_learn
from ferfusion.training.loop.checkpoints import load_best_weights
from ferfusion.training.loop.lightning_module import ExpressionTraining
from ferfusion.training.loop.trainer import fit
from ferfusion.training.open_job import OpenJob
from ferfusion.training.staged.embeddings import EmbeddingData, HeadOfNetwork, embed
from ferfusion.training.staged.smote import check_samples, smote


def retrain_head(opened: OpenJob) -> ExpressionModel:
    """Train a network in its own run folder, then retrain its head; return it with the best head.

    Raises:
        ConfigError: a class has a single training sample.
        MissingExtraError: imbalanced-learn is not installed.
    """
    job, pairs = opened.job, opened.pairs
    codes = codes_to_learn(job.recipe, pairs)
    check_samples(codes[pairs.rows("train")], pairs.labels.names)
    opened.say("The network:")
    first = opened.train_stage(
        job.run / "network", model_config=job.model_config, recipe=replace(job.recipe, imbalance="none")
    )
    started = time.perf_counter()
    network = load_bundle(first.bundle_file).build_model()
    network.to(torch_device(job.compute.device))
    own, validation = (embed(network, opened.data.batches(part), codes) for part in ("train", "validation"))
    train = smote(own, seed=job.recipe.seed)
    opened.say(f"The head, on {counted(len(own), 'embedding')} and {len(train) - len(own)} synthetic ones:")
    untrained = build_model(job.model_config, len(pairs.labels), seed=job.recipe.seed)
    for trained, fresh in zip(network.heads, untrained.heads, strict=True):
        trained.load_state_dict(fresh.state_dict())
    head = HeadOfNetwork(network.train())
    embeddings = EmbeddingData(train, validation, batch_size=job.recipe.batch_size, seed=job.recipe.seed)
    training = ExpressionTraining(
        head,
        replace(job.recipe, frozen_epochs=0),
        class_counts=torch.bincount(train.codes, minlength=len(pairs.labels)).tolist(),
        batches_per_epoch=len(embeddings.train_dataloader()),
    )
    progress = opened.progress()
    recorder = opened.recorder(progress, seconds_before=first.seconds + time.perf_counter() - started)
    fit(
        replace(job, compute=replace(job.compute, devices=1)),
        training,
        embeddings,
        callbacks=[progress, recorder, *opened.callbacks],
        checkpoint=recorder.last_path,
    )
    head.load_state_dict(load_best_weights(recorder.best_path))
    return head.network.cpu()
