"""Fuzz every kind of file: ``python -m fuzz 5000``, or one case: ``python -m fuzz bundle:12``.

``python -m fuzz 5000 video:300`` resumes at a case. The exit status is 1 if a mutant ends in anything but a
right result or one line of refusal.
"""

import sys
import time
from collections import Counter
from collections.abc import Iterator

from fuzz.cases import FAULTS, Outcome, run_cases
from fuzz.kinds import KINDS

COLUMNS = ("cases", "past", "read", "refused", "ended", *FAULTS, "seconds")


def fuzz(each: int, *, begin: str = "") -> Iterator[Outcome]:
    """Run mutants of every group, print a line about each group, and yield what became of each mutant.

    Args:
        each: Mutants of a group.
        begin: Case to begin at, such as ``video:300``.
    """
    first, _, number = begin.partition(":")
    print(f"{'group':12}" + "".join(f"{name:>10}" for name in COLUMNS), flush=True)
    for group in list(KINDS)[list(KINDS).index(first) if first else 0 :]:
        start, outcomes = time.monotonic(), []
        for outcome in run_cases(group, range(int(number) if group == first else 0, each)):
            outcomes.append(outcome)
            if outcome.is_fault:
                print(f"{outcome.case} {outcome.place}: {outcome.status}: {outcome.message}", flush=True)
            yield outcome
        print(_line(group, outcomes, seconds=time.monotonic() - start), flush=True)


def _line(group: str, outcomes: list[Outcome], *, seconds: float) -> str:
    counts: Counter[str] = Counter(outcome.status for outcome in outcomes)
    past = sum(outcome.past_header for outcome in outcomes) / max(1, len(outcomes))
    numbers = (len(outcomes), f"{past:.0%}", counts["ok"], counts["refused"], counts["ended"])
    cells = (*numbers, *(counts[fault] for fault in FAULTS), f"{seconds:.0f}")
    return f"{group:12}" + "".join(f"{cell:>10}" for cell in cells)


def main(arguments: list[str]) -> int:
    """Run a number of mutants in all, or the case of a name; return the exit status."""
    [wanted, *begin] = arguments or ["300"]
    if ":" in wanted:
        group, _, number = wanted.partition(":")
        [outcome] = run_cases(group, range(int(number), int(number) + 1))
        print(outcome.place, outcome.status, outcome.message)
        return int(outcome.is_fault)
    each = -(-int(wanted) // len(KINDS))
    outcomes = list(fuzz(each, begin=begin[0] if begin else ""))
    return int(any(outcome.is_fault for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
