"""Long tables for other programs: a row per frame, video, person and variant of any result."""
