"""Steps that change how a picture looks, and leave where things are."""

from __future__ import annotations

import io
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from workbench.transforms.sample import Pixels, Sample
from workbench.transforms.step import RandomStep, State


@dataclass(frozen=True, kw_only=True)
class _Light(RandomStep):
    """A step on the pixels alone."""

    modality: ClassVar[str] = "image"

    def change(self, sample: Sample, random: np.random.Generator, state: State) -> Sample:
        """Return the sample with other pixels."""
        return replace(sample, content=self.pixels(sample.content, random))

    @abstractmethod
    def pixels(self, pixels: Pixels, random: np.random.Generator) -> Pixels:
        """Return the changed pixels, uint8 (height, width, 3)."""


@dataclass(frozen=True, kw_only=True)
class _Factor(_Light):
    """A factor drawn from 1 - amount to 1 + amount."""

    limits: ClassVar[Mapping[str, tuple[float, float]]] = {"amount": (0, 100)}
    amount: float = 0.2

    def factor(self, random: np.random.Generator) -> float:
        """Return the factor, never below 0."""
        return max(0.0, float(random.uniform(1 - self.amount, 1 + self.amount)))


class Brightness(_Factor):
    """Multiply every value by a factor drawn around 1."""

    def pixels(self, pixels: Pixels, random: np.random.Generator) -> Pixels:
        """Return the picture lighter or darker."""
        return np.asarray(ImageEnhance.Brightness(Image.fromarray(pixels)).enhance(self.factor(random)))


class Contrast(_Factor):
    """Move values away from their mean, or towards it, by a factor drawn around 1."""

    def pixels(self, pixels: Pixels, random: np.random.Generator) -> Pixels:
        """Return the picture with more contrast or less."""
        return np.asarray(ImageEnhance.Contrast(Image.fromarray(pixels)).enhance(self.factor(random)))


class Saturation(_Factor):
    """Make colors stronger or weaker by a factor drawn around 1."""

    def pixels(self, pixels: Pixels, random: np.random.Generator) -> Pixels:
        """Return the picture with other colors."""
        return np.asarray(ImageEnhance.Color(Image.fromarray(pixels)).enhance(self.factor(random)))


@dataclass(frozen=True, kw_only=True)
class Hue(_Light):
    """Turn the color circle by up to `degrees` either way."""

    limits: ClassVar[Mapping[str, tuple[float, float]]] = {"degrees": (0, 360)}
    degrees: float = 18.0

    def pixels(self, pixels: Pixels, random: np.random.Generator) -> Pixels:
        """Return the picture in other hues."""
        hsv = np.array(Image.fromarray(pixels).convert("HSV"))
        turn = round(float(random.uniform(-self.degrees, self.degrees)) / 360 * 256)
        hsv[..., 0] = (hsv[..., 0].astype(np.int16) + turn) % 256
        return np.asarray(Image.fromarray(hsv, "HSV").convert("RGB"))


class Gamma(_Factor):
    """Raise values (0 to 1) to a power drawn around 1."""

    def pixels(self, pixels: Pixels, random: np.random.Generator) -> Pixels:
        """Return the picture with other middle tones."""
        table = np.rint(255 * (np.arange(256) / 255) ** max(0.05, self.factor(random))).astype(np.uint8)
        return table[pixels]


@dataclass(frozen=True, kw_only=True)
class Grayscale(_Light):
    """Take the color out (ITU-R 601-2 luma)."""

    p: float = 0.1

    def pixels(self, pixels: Pixels, random: np.random.Generator) -> Pixels:
        """Return the picture in gray, in three channels still."""
        return np.asarray(Image.fromarray(pixels).convert("L").convert("RGB"))


@dataclass(frozen=True, kw_only=True)
class Blur(_Light):
    """Blur by a Gaussian whose radius, in pixels, is drawn up to `radius`."""

    limits: ClassVar[Mapping[str, tuple[float, float]]] = {"radius": (0, 1000)}
    radius: float = 1.5

    def pixels(self, pixels: Pixels, random: np.random.Generator) -> Pixels:
        """Return the picture blurred."""
        radius = float(random.uniform(0, self.radius))
        return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(radius)))


@dataclass(frozen=True, kw_only=True)
class Noise(_Light):
    """Add Gaussian noise of `std`, in steps of 1/255."""

    limits: ClassVar[Mapping[str, tuple[float, float]]] = {"std": (0, 255)}
    std: float = 8.0

    def pixels(self, pixels: Pixels, random: np.random.Generator) -> Pixels:
        """Return the picture with noise."""
        return np.clip(np.rint(pixels + random.normal(0, self.std, pixels.shape)), 0, 255).astype(np.uint8)


@dataclass(frozen=True, kw_only=True)
class Jpeg(_Light):
    """Compress to JPEG and back, at a quality drawn from `worst` to 95."""

    limits: ClassVar[Mapping[str, tuple[float, float]]] = {"worst": (1, 94)}
    worst: int = 40

    def pixels(self, pixels: Pixels, random: np.random.Generator) -> Pixels:
        """Return the picture with the marks of compression."""
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "JPEG", quality=int(random.integers(self.worst, 96)))
        return np.asarray(Image.open(file).convert("RGB"))


@dataclass(frozen=True, kw_only=True)
class Erase(_Light):
    """Fill a rectangle of up to a `share` of the area with noise (DeVries and Taylor, 2017; Zhong and others, 2020)."""

    limits: ClassVar[Mapping[str, tuple[float, float]]] = {"share": (0, 1)}
    share: float = 0.15

    def pixels(self, pixels: Pixels, random: np.random.Generator) -> Pixels:
        """Return the picture with a hole in it."""
        height, width = pixels.shape[:2]
        area = float(random.uniform(0.02, max(0.02, self.share))) * width * height
        tall = float(np.exp(random.uniform(-1, 1)))
        h, w = min(height, max(1, round((area * tall) ** 0.5))), min(width, max(1, round((area / tall) ** 0.5)))
        y, x = int(random.integers(0, height - h + 1)), int(random.integers(0, width - w + 1))
        changed = pixels.copy()
        changed[y : y + h, x : x + w] = random.integers(0, 256, (h, w, *pixels.shape[2:]), dtype=np.uint8)
        return changed
