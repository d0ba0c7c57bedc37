"""The plan of a study: every variant with every seed in every fold."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from ferfusion.errors import ConfigError
from ferfusion.lookup import choose
from ferfusion.models.config import ModelConfig
from ferfusion.recipe import AtLeast, Recipe, value_type
from ferfusion.splits.divisions import PROTOCOLS
from ferfusion.studies.model_names import distinct_names
from ferfusion.training.recipe import TrainRecipe

GROUPS = MappingProxyType(
    {
        "fusions": tuple(
            f"fusion={layer}-{operator}"
            for layer in ("flatten", "gap")
            for operator in ("concat", "sum", "average")
        ),
        "single-streams": ("architecture=spatial", "architecture=flow"),
    }
)
"""Names of groups of variants: the report's six fusions, and each stream alone."""
_NOT_VARIED = ("seed", "size", "output")


@dataclass(frozen=True)
class Variant:
    """One point of a study's grid: a network and how it is trained."""

    name: str
    model: ModelConfig
    recipe: TrainRecipe


@dataclass(frozen=True)
class Training:
    """One training of a study: a variant with one seed in one fold."""

    variant: Variant
    seed: int
    fold: int

    @property
    def recipe(self) -> TrainRecipe:
        """How it is trained: the variant's recipe with this seed."""
        return replace(self.variant.recipe, seed=self.seed)

    @property
    def folder(self) -> str:
        """Its run folder, inside the study's folder."""
        return f"runs/{self.variant.name}/fold{self.fold}-seed{self.seed}"


@dataclass(frozen=True)
class StudyPlan(Recipe):
    """Settings of a study; saved with it.

    Attributes:
        variants: The variants to compare: names of groups (fusions, single-streams), and settings of the
            model or the training joined by commas, such as `fusion=gap-sum,stream=table1`. A setting that a
            variant does not name has the value of the command's option.
        seeds: Trainings of each variant in each fold; they differ in seed only.
        folds: 0 tests on the dataset's own test part. A number K divides the subjects into K folds, each
            tested once; subjects tests each subject by itself (leave one subject out).
        protocol: How several datasets are studied: each-to-each trains on each of them and tests on all;
            leave-one-corpus-out tests each after a training on all others.
        train_on: In place of a protocol, names of the datasets to train on.
        test_on: Names of the datasets to test on. Of a dataset that is also trained on, some people are held
            out for the test.
    """

    variants: tuple[str, ...] = ("fusions", "single-streams")
    seeds: Annotated[int, AtLeast(1)] = 5
    folds: str = "0"
    protocol: str = ""
    train_on: tuple[str, ...] = ()
    test_on: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.folds != "subjects" and not (self.folds.isdecimal() and int(self.folds) != 1):
            raise ConfigError(f"folds must be 0, 2 or more, or subjects; got {self.folds!r}")
        if not self.variants:
            raise ConfigError(f"A study needs variants; name groups ({', '.join(GROUPS)}) or settings")
        if self.protocol:
            choose(PROTOCOLS, self.protocol, what="protocol")
        if bool(self.train_on) != bool(self.test_on):
            raise ConfigError("train_on and test_on belong together; name datasets in both")
        if self.protocol and self.train_on:
            raise ConfigError("A protocol takes all datasets; set protocol, or train_on and test_on")
        if self.is_cross and self.folds != "0":
            raise ConfigError("folds divide one dataset; a study across corpora tests whole datasets")

    @property
    def is_cross(self) -> bool:
        """Whether several datasets are studied, one against another."""
        return bool(self.protocol or self.train_on)

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain values, for JSON; those of several datasets only if they are set."""
        settings = super().to_dict()
        for name in ("protocol", "train_on", "test_on"):
            value = settings.pop(name)
            if value:
                settings[name] = value if isinstance(value, str) else list(value)
        return settings

    def trainings(self, variants: Iterable[Variant], *, folds: int) -> list[Training]:
        """Return every training; each seed comes with all variants before the next seed comes."""
        each = tuple(variants)
        return [
            Training(variant, seed, fold)
            for seed in range(self.seeds)
            for fold in range(folds)
            for variant in each
        ]


def read_variants(texts: Iterable[str], *, model: ModelConfig, recipe: TrainRecipe) -> tuple[Variant, ...]:
    """Return the variants that a plan names.

    Args:
        texts: Names of groups, and settings joined by commas.
        model: Network settings that all variants share.
        recipe: Training settings that all variants share.

    Raises:
        ConfigError: a setting does not exist or cannot have that value, or two variants are the same.

    >>> names = [each.name for each in read_variants(["fusions"], model=ModelConfig(), recipe=TrainRecipe())]
    >>> names[:2]
    ['flatten-concat', 'flatten-sum']
    """
    found: dict[str, Variant] = {}
    for text in _spread(texts):
        variant = _variant(text, model, recipe)
        if variant.name in found:
            raise ConfigError(f"The variant {variant.name} is named twice")
        found[variant.name] = variant
    return tuple(found.values())


def _spread(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        if "=" in text:
            yield text
        else:
            yield from choose(GROUPS, text, what="group of variants")


def _variant(text: str, model: ModelConfig, recipe: TrainRecipe) -> Variant:
    of_model = {field.name: value_type(field) for field in fields(ModelConfig)}
    of_recipe = {field.name: value_type(field) for field in fields(TrainRecipe)}
    known = {name: name for name in {**of_model, **of_recipe} if name not in _NOT_VARIED}
    changes: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    words, named = [], set[str]()
    for setting in text.split(","):
        given, _, value = setting.partition("=")
        name = choose(known, given.strip().replace("-", "_"), what="setting of a variant")
        if name in named:
            raise ConfigError(
                f"The variant {text!r} sets {name} twice; give --variants once for each "
                "variant: a comma joins settings of one"
            )
        named.add(name)
        is_of_model = name in of_model
        typed = _typed(value.strip(), of_model[name] if is_of_model else of_recipe[name], name)
        changes[0 if is_of_model else 1][name] = typed
        words.append(_word(typed) if isinstance(typed, str) else f"{name}-{value.strip()}")
    return Variant("_".join(words), replace(model, **changes[0]), replace(recipe, **changes[1]))


def _word(value: str) -> str:
    """Return a value as part of a variant's name, which names a folder: of a path, the file or the run.

    >>> _word("gap-concat"), _word("/data/faceres.json"), _word("runs/a/bundle.safetensors")
    ('gap-concat', 'faceres', 'a')
    """
    is_path = "/" in value or "\\" in value
    path = Path(value.replace("\\", "/"))
    return distinct_names([path])[0].removesuffix(path.suffix) if is_path else value


def _typed(value: str, kind: Any, name: str) -> Any:
    """Read a value in the type of its field; booleans are true and false, as in TOML.

    >>> _typed("0.5", float, "dropout"), _typed("false", bool, "augment")
    (0.5, False)
    """
    try:
        if kind is bool:
            return {"true": True, "false": False}[value.lower()]
        return kind(value)
    except (KeyError, ValueError) as error:
        wanted = "true or false" if kind is bool else f"a value of type {kind.__name__}"
        raise ConfigError(f"{name} must be {wanted}, got {value!r}") from error
