"""Suffixes of video, image and sound files."""

VIDEO_SUFFIXES = frozenset(
    (
        ".264 .265 .3g2 .3gp .3gp2 .3gpp .amv .asf .avi .divx .dv .f4v .flv .gif .gxf .h264 .h265 .hevc .ivf "
        ".m1v .m2t .m2ts .m2v .m4v .mj2 .mjpeg .mjpg .mk3d .mkv .mov .mp4 .mpe .mpeg .mpg .mts .mxf .nsv "
        ".nut .ogm .ogv .qt .rm .rmvb .tod .trp .ts .vob .vro .webm .wmv .wtv .y4m"
    ).split()
)
"""Containers and raw streams that FFmpeg reads; a suffix that other kinds of files have too is left out."""
IMAGE_SUFFIXES = frozenset(
    ".avif .bmp .j2k .jfif .jp2 .jpe .jpeg .jpg .mpo .pbm .pgm .png .pnm .ppm .tif .tiff .webp".split()
)
UNREAD_IMAGE_SUFFIXES = frozenset(".heic .heif .hif .jxl .tga".split())
"""Photographs that are not decoded; a folder's are reported one by one."""
SOUND_SUFFIXES = frozenset(".aac .aif .aiff .flac .m4a .mp3 .ogg .opus .wav .wma".split())
