"""Pictures made small, turned as their camera says, without their metadata."""

from io import BytesIO
from typing import BinaryIO

from PIL import Image, ImageOps

SIZES = {"small": 128, "medium": 320, "large": 800}


def thumbnail(source: BinaryIO, pixels: int) -> BytesIO:
    """A JPEG whose longer side has at most this many pixels."""
    with Image.open(source) as picture:
        upright = ImageOps.exif_transpose(picture).convert("RGB")
        upright.thumbnail((pixels, pixels))
        result = BytesIO()
        upright.save(result, "JPEG", quality=82, optimize=True)
    result.seek(0)
    return result
