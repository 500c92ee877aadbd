"""A page of thumbnails as one PNG: what a notebook keeps of the grid when the kernel is gone."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont, UnidentifiedImageError

from workbench.core import labels
from workbench.core.dataset import LABEL, NAME, PREDICTION, TEXT, THUMB
from workbench.core.errors import InputError
from workbench.core.ports import Row

COLUMNS, LINES = 10, 3
_SIDE, _GAP, _CAPTION, _HEAD = 96, 8, 18, 28
_PAPER, _TILE, _INK, _MUTED, _WRONG = "#ffffff", "#f3f3f5", "#212121", "#70757a", "#d32f2f"


def contact_sheet(rows: Sequence[Row], *, title: str) -> bytes:
    """Return the first rows' thumbnails with their labels; a prediction that differs from its label is red."""
    rows = rows[: COLUMNS * LINES]
    n_lines = max(1, -(-len(rows) // COLUMNS))
    width = COLUMNS * (_SIDE + _GAP) + _GAP
    sheet = Image.new("RGB", (width, _HEAD + n_lines * (_SIDE + _CAPTION + _GAP)), _PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((_GAP, 7), title, fill=_INK, font=ImageFont.load_default(14))
    font = ImageFont.load_default(12)
    for place, row in enumerate(rows):
        line, column = divmod(place, COLUMNS)
        left, top = _GAP + column * (_SIDE + _GAP), _HEAD + line * (_SIDE + _CAPTION + _GAP)
        draw.rectangle((left, top, left + _SIDE - 1, top + _SIDE - 1), fill=_TILE)
        if (thumb := _decoded(row.get(THUMB))) is not None:
            sheet.paste(thumb, (left + (_SIDE - thumb.width) // 2, top + (_SIDE - thumb.height) // 2))
        elif row.get(TEXT):
            draw.multiline_text((left + 4, top + 4), _lines(draw, str(row[TEXT]), font), fill=_INK, font=font, spacing=2)
        text, color = _said(row)
        if color == _WRONG:
            draw.rectangle((left, top, left + _SIDE - 1, top + _SIDE - 1), outline=_WRONG, width=2)
        draw.text((left + 1, top + _SIDE + 2), _elided(draw, text, font), fill=color, font=font)
    file = io.BytesIO()
    # An octree takes a fiftieth of the time of a median cut, and level 4 half of that of level 6: the first page waits for it.
    sheet.quantize(128, Image.Quantize.FASTOCTREE).save(file, format="PNG", compress_level=4)
    return file.getvalue()


def _said(row: Row) -> tuple[str, str]:
    label, prediction = row.get(LABEL), row.get(PREDICTION)
    if label is None:
        return (f"> {named(prediction)}" if prediction is not None else str(row.get(NAME) or "")), _MUTED
    if prediction is not None and label != prediction and not label.startswith("["):  # two drawings always differ
        return f"{label} / {prediction}", _WRONG
    return named(label), _INK


def named(label: str) -> str:
    """Return a label as words: the classes of what was drawn or chosen, the text itself of any other."""
    if not label.startswith(("[", "{")):
        return label
    try:
        value = labels.loads(label)
    except InputError:
        return label
    parts = value.get("spans", []) if isinstance(value, dict) else value
    names = [str(part.get("label", "")) if isinstance(part, dict) else str(part) for part in parts]
    return ", ".join(dict.fromkeys(names)) or "nothing"


def _decoded(thumb: bytes | None) -> Image.Image | None:
    if not thumb:
        return None
    try:
        image = Image.open(io.BytesIO(thumb)).convert("RGB")
    except (UnidentifiedImageError, OSError):
        return None
    scale = _SIDE / max(image.size)
    if scale >= 2:  # whole factors keep the pixels of small images square
        whole = int(scale)
        return image.resize((image.width * whole, image.height * whole), Image.Resampling.NEAREST)
    return image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))))


def _elided(draw: ImageDraw.ImageDraw, text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    if draw.textlength(text, font=font) <= _SIDE - 2:
        return text
    while text and draw.textlength(f"{text}...", font=font) > _SIDE - 2:
        text = text[:-1]
    return f"{text}..."


def _lines(draw: ImageDraw.ImageDraw, text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    """Return the beginning of a text in lines that fit a tile."""
    made = textwrap.wrap(text[:200], 15)[:6]
    return "\n".join(_elided(draw, line, font) for line in made)
