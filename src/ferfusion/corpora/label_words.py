"""The classes of a corpus's entries: the words of its table or folders, matched to a label set."""

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache, partial
from os import PathLike
from pathlib import Path
from types import MappingProxyType

from ferfusion.corpora.columns import parse_pairs
from ferfusion.corpora.entries import CorpusListing, VideoEntry, left_out_entry
from ferfusion.corpora.stills import StillsListing
from ferfusion.errors import ConfigError, in_one_line
from ferfusion.files import check_is_file
from ferfusion.label_set import EMOTION_WORDS, LabelSet, emotion_of_word, word_key
from ferfusion.spelling import without_case
from ferfusion.tables import read_lines

_LARGEST_MAP_BYTES = 2**20
_HEADERS = ({"word", "label"}, {"label", "class"}, {"word", "class"}, {"from", "to"})
_NEAR, _VERY_NEAR = 0.75, 0.85


def parse_label_map(label_map: str | PathLike[str] | Mapping[str, str] | None) -> dict[str, str]:
    """Return the class of each word that a user gives, as text, by name, or in a TOML or CSV file.

    Raises:
        ConfigError: the file is missing or damaged, or a word has no class or two.

    >>> parse_label_map("joy=Happiness,angry=Anger")
    {'joy': 'Happiness', 'angry': 'Anger'}
    """
    if label_map is None:
        return {}
    if isinstance(label_map, Mapping):
        pairs = list(label_map.items())
    elif isinstance(label_map, str) and "=" in label_map and not _is_file_name(label_map):
        pairs = list(parse_pairs(label_map, what="label_map").items())
    else:
        pairs = _read_pairs(Path(label_map).expanduser())
    return _checked(pairs)


def _is_file_name(text: str) -> bool:
    return text.lower().endswith((".toml", ".csv", ".tsv"))


def _read_pairs(path: Path) -> list[tuple[str, str]]:
    check_is_file(path, error=ConfigError)
    if path.stat().st_size > _LARGEST_MAP_BYTES:
        raise ConfigError(
            f"{path} has more than {_LARGEST_MAP_BYTES:,} bytes; name a file of words and classes"
        )
    if path.suffix.lower() == ".toml":
        try:
            return list(tomllib.loads(path.read_text(encoding="utf-8-sig")).items())
        except (ValueError, RecursionError, OSError) as error:
            raise ConfigError(f"{path} is not TOML ({in_one_line(error)})") from error
    advice = "save it as CSV, with a word and its class in each line"
    header, rows = read_lines(path, error=ConfigError, advice=advice)
    lines = [(1, header), *rows] if {name.lower() for name in header} not in _HEADERS else rows
    pairs = []
    for line, cells in lines:
        filled = [cell for cell in cells if cell]
        if len(filled) != 2:
            raise ConfigError(f"{path}, line {line}: {', '.join(filled)!r:.80} is not a word and its class")
        pairs.append((filled[0], filled[1]))
    return pairs


def _checked(pairs: Iterable[tuple[object, object]]) -> dict[str, str]:
    of_word: dict[str, str] = {}
    for word, label in pairs:
        if not (isinstance(word, str) and isinstance(label, str) and word.strip() and label.strip()):
            raise ConfigError(f"label_map must have a class for each word, got {word!r:.80}: {label!r:.80}")
        if of_word.setdefault(word, label) != label:
            raise ConfigError(f"label_map has {word!r:.80} for {of_word[word]!r:.80} and for {label!r:.80}")
    return of_word


def with_labels(
    listing: CorpusListing,
    root: Path,
    labels: LabelSet | None,
    *,
    label_map: Mapping[str, str] = MappingProxyType({}),
) -> tuple[CorpusListing, LabelSet, list[str]]:
    """Return a listing whose entries have names of a label set, that set, and sentences about what was done.

    A word is that of ``label_map``, or of the label set, or a synonym of one of its names. An entry with a
    word that is none of these keeps it; if the word is near to a known one, the entry is left out with it.

    Args:
        listing: The entries.
        root: Folder of the corpus, or its file.
        labels: The label set; None is the words as they are, in the order of the entries.
        label_map: Class by word, from ``parse_label_map``.

    Raises:
        ConfigError: a class of ``label_map`` is not one of the label set, or there are no two classes.
    """
    mapped = {_key(word): label for word, label in label_map.items()}
    unused = mapped.keys() - {_key(_word(entry)) for entry in listing.entries}
    unused_words = [word for word in label_map if _key(word) in unused]
    sentences = [f"label_map has words that no label is: {', '.join(unused_words)}"] if unused_words else []
    if labels is None:
        return _with_own_words(listing, mapped, sentences)
    for label in mapped.values():
        if not _named(label, labels):
            near = get_close_matches(label, labels.names, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ConfigError(
                f"label_map has {label!r:.80}, which is not one of {', '.join(labels.names)}{hint}"
            )
    spelling = _most_frequent_spellings(entry.emotion for entry in listing.entries)
    resolve = cache(partial(_resolve, mapped=mapped, labels=labels))
    entries, left_out = [], list(listing.left_out)
    taken: Counter[tuple[str, str]] = Counter()
    for entry in listing.entries:
        resolved = resolve(_word(entry), is_free=bool(entry.word))
        if resolved.reason:
            where = f" in line {entry.line}" if entry.line else ""
            reason = f"{_word(entry)!r:.80}{where}{resolved.reason}"
            left_out.append(left_out_entry(entry, root, reason))
            continue
        name = resolved.name or spelling[_key(entry.emotion)]
        if resolved.name and entry.word and without_case(entry.word) != without_case(resolved.name):
            taken[entry.word, resolved.name] += 1
        entries.append(replace(entry, emotion=name))
    if taken:
        words = ", ".join(f"{word!r} is {name} ({count})" for (word, name), count in taken.items())
        sentences.append(f"Labels taken for classes: {words}")
    return replace(listing, entries=tuple(entries), left_out=tuple(left_out)), labels, sentences


def with_labels_of_stills(
    listing: StillsListing,
    labels: LabelSet | None,
    *,
    label_map: Mapping[str, str] = MappingProxyType({}),
) -> tuple[StillsListing, LabelSet]:
    """Do as ``with_labels`` for still images of a known corpus.

    Raises:
        ConfigError: a class of ``label_map`` is not one of the label set, or there are no two classes.
    """
    emotions = dict.fromkeys(still.emotion for still in listing.stills)
    of_emotion = CorpusListing("", tuple(VideoEntry(Path(), "", "", emotion) for emotion in emotions))
    named, label_set, _ = with_labels(of_emotion, Path(), labels, label_map=label_map)
    name_of = dict(zip(emotions, (entry.emotion for entry in named.entries), strict=True))
    stills = tuple(replace(still, emotion=name_of[still.emotion]) for still in listing.stills)
    return replace(listing, stills=stills), label_set


@dataclass(frozen=True)
class _Resolved:
    """What a word stands for: a name, or a reason for not using it, or neither."""

    name: str = ""
    reason: str = ""


def _word(entry: VideoEntry) -> str:
    return entry.word or entry.emotion


def _key(word: str) -> str:
    return word_key(word) or word


def _named(word: str, labels: LabelSet) -> list[str]:
    return labels.named(word) or labels.named(emotion_of_word(word))


def _resolve(word: str, *, is_free: bool, mapped: Mapping[str, str], labels: LabelSet) -> _Resolved:
    """Return what a word stands for; one that is not free is a class of a known corpus, not a synonym."""
    is_mapped = _key(word) in mapped
    class_of_word = mapped.get(_key(word), word)
    names = _named(class_of_word, labels) if is_free or is_mapped else labels.named(word)
    if len(names) > 1:
        return _Resolved(reason=f": can be {' or '.join(names)}; name the class with --label-map")
    if names:
        return _Resolved(name=names[0])
    if not is_free or emotion_of_word(word) in EMOTION_WORDS:
        return _Resolved()
    known = {
        word_key(each): (labels.named(emotion) or [emotion])[0]
        for emotion, words in EMOTION_WORDS.items()
        for each in words.split()
        if len(each) > 3  # shorter ones are near to too many words
    } | {word_key(name): name for name in labels.names}
    near = get_close_matches(word_key(word), known, n=1, cutoff=_NEAR)
    return _Resolved(reason=f": did you mean {known[near[0]]}?") if near else _Resolved()


def _most_frequent_spellings(words: Iterable[str]) -> dict[str, str]:
    """Return the most frequent spelling of each word, the first of several, by the word's key."""
    spelling: dict[str, str] = {}
    for word, _ in Counter(words).most_common():
        spelling.setdefault(_key(word), word)
    return spelling


def _with_own_words(
    listing: CorpusListing, mapped: Mapping[str, str], sentences: list[str]
) -> tuple[CorpusListing, LabelSet, list[str]]:
    words = [mapped.get(_key(_word(entry)), _word(entry)) for entry in listing.entries]
    spelling = _most_frequent_spellings(words) | {_key(label): label for label in mapped.values()}
    names = [spelling[_key(word)] for word in words]
    entries = [replace(entry, emotion=name) for entry, name in zip(listing.entries, names, strict=True)]
    counts = Counter(names)
    labels = LabelSet(tuple(counts))
    classes = ", ".join(f"{name} ({counts[name]})" for name in labels.names)
    sentences.append(f"The classes are the words of the table: {classes}")
    respelled = Counter((word, name) for word, name in zip(words, names, strict=True) if word != name)
    if respelled:
        spelled = ", ".join(f"{word!r} is {name} ({count})" for (word, name), count in respelled.items())
        sentences.append(f"One class in several spellings: {spelled}")
    for name in labels.names:
        others = [other for other in labels.names if other != name and counts[other] > counts[name]]
        near = get_close_matches(without_case(name), map(without_case, others), n=1, cutoff=_VERY_NEAR)
        if near:
            sentences.append(
                f"The class {name} ({counts[name]}) may be a misspelled {near[0]}; see --label-map"
            )
    return replace(listing, entries=tuple(entries)), labels, sentences
