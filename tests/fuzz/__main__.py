"""Fuzz every kind of file: ``python -m fuzz 5000``, or one case: ``python -m fuzz bundle:12``.

The exit status is 1 if a mutant ends in anything but finite probabilities or one line of refusal.
"""

import sys
import time
from collections import Counter

from fuzz.cases import Outcome, run_cases
from fuzz.kinds import KINDS


def fuzz(name: str, numbers: range) -> list[Outcome]:
    """Run mutants of a kind, print a line about them, and return them."""
    start = time.monotonic()
    outcomes = list(run_cases(name, numbers))
    counts = Counter(outcome.status for outcome in outcomes)
    words = ", ".join(f"{counts[status]} {status}" for status in ("ok", "refused", "ended", "fault"))
    deep = sum(outcome.past_header for outcome in outcomes) / len(outcomes)
    print(f"{name}: {words}; {deep:.0%} past the header; {time.monotonic() - start:.0f} s", flush=True)
    for outcome in outcomes:
        if outcome.status == "fault":
            print(f"{outcome.case}: {outcome.message}", flush=True)
    return outcomes


def main(argument: str) -> int:
    """Run a number of mutants in all, or the case of a name; return the exit status."""
    if ":" in argument:
        name, _, number = argument.partition(":")
        outcomes = fuzz(name, range(int(number), int(number) + 1))
        print(outcomes[0].status, outcomes[0].message)
    else:
        each = -(-int(argument) // len(KINDS))
        outcomes = [outcome for name in KINDS for outcome in fuzz(name, range(each))]
    return int(any(outcome.status == "fault" for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "300"))
