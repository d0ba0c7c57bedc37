"""Suffixes of video, image and sound files."""

VIDEO_SUFFIXES = frozenset(".avi .flv .m4v .mkv .mov .mp4 .mpeg .mpg .mts .ogv .ts .webm .wmv".split())
IMAGE_SUFFIXES = frozenset(".bmp .jpeg .jpg .pgm .png .ppm .tif .tiff .webp".split())
SOUND_SUFFIXES = frozenset(".aac .aif .aiff .flac .m4a .mp3 .ogg .opus .wav .wma".split())
