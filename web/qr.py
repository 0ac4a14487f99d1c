"""QR codes."""

from __future__ import annotations

from io import BytesIO

import segno

__all__ = ["qr_svg"]


def qr_svg(link: str) -> bytes:
    """`link` as an SVG of black squares on white, with the quiet margin that scanners need."""
    buffer = BytesIO()
    # 15 % of it may be hidden by a hand or a reflection.
    code = segno.make_qr(link, error="m")
    code.save(buffer, kind="svg", scale=8, border=4, light="#fff", xmldecl=False, omitsize=True)
    return buffer.getvalue()
