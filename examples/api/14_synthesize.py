"""Render a corpus of artificial faces. Needs the extra "synth"."""

import ferfusion as fer

print(fer.synthesize("work/rendered", subjects=1, clips=1, frames=12, size=64))
