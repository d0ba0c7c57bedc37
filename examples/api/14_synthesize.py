"""Rendered videos of people you do not need to ask. Needs the extra "synth"."""

import ferfusion as fer

print(fer.synthesize("work/rendered", subjects=1, clips=1, frames=12, size=64))
