"""Which command writes which files of a run folder."""

EVALUATION_FILES = (
    "report.html",
    "scores.csv",
    "scores_votes.csv",
    "raters.csv",
    "per_class.csv",
    "confusion_*.csv",
    "people.csv",
    "groups.csv",
    "group_differences.csv",
    "predictions_videos*.csv",
    "figures/confusion_*.png",
    "figures/recall.png",
    "figures/class_histogram.png",
    "figures/learning_*.png",
)
"""Patterns of the files that ``evaluate`` writes into a run folder, the page first."""
EXPLANATION_FILES = (
    "explain.html",
    "contributions.csv",
    "explain_deletion.csv",
    "explain_randomisation.csv",
    "figures/explain_*.png",
)
"""Patterns of the files that ``explain`` writes into a run folder, the page first."""
TRAINING_FILES = (
    "bundle.safetensors",
    "predictions.csv",
    "predictions_validation.csv",
    "votes.csv",
    "subjects.csv",
    "cost.json",
    "metrics.csv",
    "checkpoints/*",
)
"""Patterns of the files that ``train`` writes beside the settings and the split, the bundle first."""
