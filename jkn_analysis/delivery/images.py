"""Pictures small enough to travel in a mail body."""

from __future__ import annotations

import io

COLOURS = 64


def shrink_png(png: bytes, *, width: int) -> bytes:
    """Return a PNG of at most `width` pixels in 64 colours on solid white.

    Mail clients in dark mode keep pictures as they are, so nothing may be
    transparent. The result depends on the picture alone.

    Parameters
    ----------
    png
        The picture.
    width
        Greatest width in pixels; twice the width on screen.
    """
    from PIL import Image

    with Image.open(io.BytesIO(png)) as opened:
        picture = opened.convert("RGBA")
    if picture.width > width:
        height = max(1, round(picture.height * width / picture.width))
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    ground = Image.new("RGBA", picture.size, "white")
    solid = Image.alpha_composite(ground, picture).convert("RGB")
    few = solid.quantize(
        COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
    )
    written = io.BytesIO()
    few.save(written, "PNG", compress_level=6)
    return written.getvalue()
