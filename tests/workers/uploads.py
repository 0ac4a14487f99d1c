"""Uploads for tests: pictures of every kind, and things that only look like one."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import ExifTags, Image, PngImagePlugin

RED, BLUE = (220, 20, 20), (20, 20, 220)


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def halves(width: int = 64, height: int = 32, mode: str = "RGB") -> Image.Image:
    """Left half red, right half blue."""
    picture = Image.new("RGB", (width, height), RED)
    picture.paste(BLUE, (width // 2, 0, width, height))
    return picture.convert(mode)


def jpeg(width: int = 64, height: int = 32, mode: str = "RGB", **options: Any) -> bytes:
    return saved(halves(width, height, mode), "JPEG", quality=95, **options)


def png(width: int = 64, height: int = 32, mode: str = "RGB", **options: Any) -> bytes:
    return saved(halves(width, height, mode), "PNG", **options)


def webp(width: int = 64, height: int = 32, mode: str = "RGB", **options: Any) -> bytes:
    return saved(halves(width, height, mode), "WEBP", **options)


def grey16() -> bytes:
    """16 bits of grey: left half three quarters white, right half a quarter."""
    row = struct.pack("<64H", *[49152] * 32, *[16384] * 32)
    return saved(Image.frombytes("I;16", (64, 32), row * 32), "PNG")


def transparent() -> bytes:
    """Left half red, right half nothing."""
    picture = Image.new("RGBA", (64, 32), (*RED, 255))
    picture.paste((0, 0, 0, 0), (32, 0, 64, 32))
    return saved(picture, "PNG")


def photo(orientation: int = 1) -> bytes:
    """A JPEG that knows who took it, where, and how the camera was held."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Artist] = "SECRET-ARTIST"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "SECRET-GPS"
    return jpeg(exif=exif, comment=b"SECRET-COMMENT", icc_profile=b"SECRET-ICC", xmp=b"<x>SECRET-XMP</x>")


def talkative_png() -> bytes:
    """A PNG with text, Exif and a profile."""
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", "SECRET-AUTHOR")
    text.add_itxt("XML:com.adobe.xmp", "SECRET-XMP")
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "SECRET-ARTIST"
    return png(pnginfo=text, exif=exif, icc_profile=b"SECRET-ICC")


def png_bomb(width: int = 50_000, height: int = 50_000) -> bytes:
    """A few hundred bytes that say they are 50,000 x 50,000 pixels."""
    return _png(width, height, 8, 2, zlib.compress(bytes(100_000)))


def largest_png(side: int) -> bytes:
    """A square of 16 bits a channel with transparency, all of it there, in few bytes."""
    rows = zlib.compressobj(1)
    return _png(
        side, side, 16, 6, b"".join(rows.compress(bytes(1 + 8 * side)) for _ in range(side)) + rows.flush()
    )


def _png(width: int, height: int, depth: int, kind: int, compressed: bytes) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", compressed) + chunk(b"IEND", b"")


def jpeg_bomb(width: int = 50_000, height: int = 50_000) -> bytes:
    """A real JPEG whose frame header lies about its size."""
    data = bytearray(jpeg())
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def webp_bomb(width: int = 50_000, height: int = 50_000) -> bytes:
    """A real WebP with a canvas of 50,000 x 50,000 around it."""
    inner = webp(lossless=True)[12:]
    canvas = struct.pack("<I", 0)[:4] + struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    body = b"WEBPVP8X" + struct.pack("<I", 10) + canvas + inner
    return b"RIFF" + struct.pack("<I", len(body)) + body


def many_scans() -> bytes:
    """A progressive JPEG with its last scan repeated a thousand times."""
    data = saved(halves(), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * 1000 + data[-2:]


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
GIF = saved(halves(), "GIF")
