"""Suffixes of video, image and sound files."""

VIDEO_SUFFIXES = frozenset(
    (
        ".264 .265 .3g2 .3gp .3gp2 .3gpp .amv .asf .avi .divx .dv .f4v .flv .gif .gxf .h264 .h265 .hevc .ivf "
        ".m1v .m2t .m2ts .m2v .m4v .mj2 .mjpeg .mjpg .mk3d .mkv .mov .mp4 .mpe .mpeg .mpg .mts .mxf .nsv "
        ".nut .ogm .ogv .qt .rm .rmvb .tod .trp .ts .vob .vro .webm .wmv .wtv .y4m"
    ).split()
)
"""Containers and raw streams that FFmpeg reads; a suffix that other kinds of files have too is left out."""
IMAGE_SUFFIXES = frozenset(".bmp .jpeg .jpg .pgm .png .ppm .tif .tiff .webp".split())
SOUND_SUFFIXES = frozenset(".aac .aif .aiff .flac .m4a .mp3 .ogg .opus .wav .wma".split())
