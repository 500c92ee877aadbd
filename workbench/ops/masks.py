"""Masks as runs: COCO's compressed form, in which labels hold them, and the form of Label Studio's brush."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Runs = NDArray[np.int64]

#: Bits for the length of a run in Label Studio's form; a run takes the first that holds it.
_SIZES = (3, 4, 8, 16)
#: A painted pixel of its picture counts from half opaque on.
_OPAQUE = 128


def encode(mask: Mask) -> dict[str, Any]:
    """Return a mask (height, width) as COCO's compressed runs, column by column.

    >>> encode(np.array([[0, 1], [0, 1]], bool))
    {'size': [2, 2], 'counts': '22'}
    """
    return {"size": [int(n) for n in mask.shape], "counts": _packed(_runs(mask.ravel(order="F")))}


def decode(coded: Mapping[str, Any]) -> Mask:
    """Return the mask of COCO's runs, compressed or listed; raise `ValueError` when they do not fill its size."""
    height, width = coded["size"]
    flat = np.repeat(np.arange(len(runs := lengths(coded))) % 2 == 1, runs)
    return flat.reshape((height, width), order="F")


def lengths(coded: Mapping[str, Any]) -> Runs:
    """Return the lengths of the runs, of background first; raise `ValueError` when they do not fill the size."""
    counts, (height, width) = coded["counts"], coded["size"]
    runs = _unpacked(counts) if isinstance(counts, str) else np.asarray(counts, np.int64)
    if len(runs) and (runs.min() < 0 or runs.max() > height * width):
        raise ValueError("A run is longer than the mask.")
    if int(runs.sum()) != height * width:
        raise ValueError(f"The runs have {int(runs.sum()):,} pixels, the mask {height * width:,}.")
    return runs


def tidy(coded: Mapping[str, Any]) -> dict[str, Any]:
    """Return the same mask in its one compressed form: no run is empty but the first."""
    runs, (height, width) = lengths(coded), coded["size"]
    if (runs[1:] == 0).any():
        return encode(decode(coded))
    return {"size": [int(height), int(width)], "counts": _packed(runs)}


def n_pixels(coded: Mapping[str, Any]) -> int:
    """Return how many pixels a mask has, without making it."""
    return int(lengths(coded)[1::2].sum())


def iou(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    """Return the overlap of two masks over their union, from their runs; of different sizes, 0."""
    if list(one["size"]) != list(other["size"]):
        return 0.0
    ends = [np.cumsum(lengths(each)) for each in (one, other)]
    cuts = np.union1d(ends[0], ends[1])
    sizes = np.diff(cuts, prepend=0)
    # The run that a piece belongs to is the first that ends where the piece ends, or later; odd runs are painted.
    first, second = (np.searchsorted(end, cuts) % 2 == 1 for end in ends)
    union = int(sizes[first | second].sum())
    return int(sizes[first & second].sum()) / union if union else 1.0


def union(coded: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the pixels that any of these masks has; they are of one size."""
    if len(coded) == 1:
        return dict(coded[0])
    whole = decode(coded[0])
    for each in coded[1:]:
        whole |= decode(each)
    return encode(whole)


def bounds(coded: Mapping[str, Any]) -> tuple[int, int, int, int]:
    """Return the box [x, y, width, height] around a mask; all 0 when nothing is painted."""
    mask = decode(coded)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return 0, 0, 0, 0
    x, y = int(columns[0]), int(rows[0])
    return x, y, int(columns[-1]) - x + 1, int(rows[-1]) - y + 1


def to_brush(mask: Mask) -> list[int]:
    """Return a mask as the bytes of Label Studio's brush: a picture of four equal channels, row by row, packed in runs."""
    flat = mask.ravel()
    runs = _runs(flat) * 4
    bits = [f"{flat.size * 4:032b}", f"{7:05b}", *(f"{size - 1:04b}" for size in _SIZES)]
    longest = 1 << _SIZES[-1]
    for i, run in enumerate(runs.tolist()):
        for part in [longest] * (run // longest) + [run % longest]:
            place, size = next((j, s) for j, s in enumerate(_SIZES) if part <= 1 << s)
            bits.append(f"1{place:02b}{part - 1:0{size}b}{255 * (i % 2):08b}" if part else "")
    packed = "".join(bits)
    packed += "0" * (-len(packed) % 8)
    return list(int(packed, 2).to_bytes(len(packed) // 8, "big"))


def from_brush(rle: Sequence[int], height: int, width: int) -> Mask:
    """Return the mask that Label Studio's brush painted; raise `ValueError` when the bytes do not fill that size."""
    bits = np.unpackbits(np.asarray(rle, np.uint8))
    text = (bits + ord("0")).tobytes().decode()
    place = 0

    def number(size: int) -> int:
        nonlocal place
        if place + size > len(text):
            raise ValueError("The runs end too early.")
        place += size
        return int(text[place - size : place], 2)

    n_values, word = number(32), number(5) + 1
    if n_values != height * width * 4 or word != 8:
        raise ValueError(f"{n_values:,} values of {word} bits are no picture of {width} x {height}.")
    sizes = [number(4) + 1 for _ in range(4)]
    values = np.zeros(n_values, np.uint8)
    done = 0
    while done < n_values:
        is_run, size = number(1), sizes[number(2)]
        end = min(done + number(size) + 1, n_values)
        if is_run:
            values[done:end] = number(8)
        else:
            n_bits = (end - done) * 8
            if place + n_bits > len(bits):
                raise ValueError("The runs end too early.")
            values[done:end] = np.packbits(bits[place : place + n_bits])
            place += n_bits
        done = end
    return np.asarray(values[3::4].reshape(height, width) >= _OPAQUE)


def _runs(flat: NDArray[Any]) -> Runs:
    """Return the lengths of the runs of equal values; the first is of background, and may be of length 0."""
    if not flat.size:
        return np.zeros(0, np.int64)
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    runs = np.diff(np.concatenate([[0], edges, [flat.size]])).astype(np.int64)
    return np.concatenate([[0], runs]) if flat[0] else runs


def _packed(runs: Runs) -> str:
    """Return runs as COCO writes them: from the fourth on the change to the one before last, 5 bits to a character."""
    changes = runs.copy()
    changes[3:] -= runs[1:-2]
    said: list[str] = []
    for change in changes.tolist():
        rest, more = change, True
        while more:
            low = rest & 0x1F
            rest >>= 5
            more = rest != (-1 if low & 0x10 else 0)
            said.append(chr((low | 0x20 if more else low) + 48))
    return "".join(said)


def _unpacked(counts: str) -> Runs:
    runs: list[int] = []
    value = shift = 0
    for char in counts.encode("ascii", "replace"):
        low = char - 48
        if not 0 <= low < 64 or shift > 40:
            raise ValueError(f"{chr(char)!r} does not belong into compressed runs.")
        value |= (low & 0x1F) << shift
        shift += 5
        if low & 0x20:
            continue
        if low & 0x10:
            value -= 1 << shift
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
        value = shift = 0
    if shift:
        raise ValueError("The runs end within a number.")
    return np.array(runs, np.int64)
