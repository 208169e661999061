"""Surface textures of our own: stone, planks, tiles, cloth, stripes. All repeat seamlessly."""

from __future__ import annotations

import colorsys

import numpy as np

SIDE = 256


def pattern(seed: int) -> np.ndarray:
    """Return texture number `seed`, (256, 256, 3) uint8; the kinds take turns."""
    rng = np.random.default_rng(seed)
    kinds = (stone, planks, tiles, cloth, stripes)
    height = kinds[seed % len(kinds)](rng)
    dark, light = _colors(rng)
    color = dark + (light - dark) * np.clip(height, 0, 1)[..., None]
    return (np.clip(color, 0, 1) * 255 + 0.5).astype(np.uint8)


def noise(rng: np.random.Generator, slope: float, stretch: float = 1.0) -> np.ndarray:
    """Return periodic noise (256, 256), about 0 to 1, whose spectrum falls as 1 / f^slope.

    `stretch` above 1 draws it out along the rows, as the grain of wood.
    """
    frequency = np.fft.fftfreq(SIDE) * SIDE
    radius = np.hypot(frequency[:, None], frequency[None, :] * stretch)
    radius[0, 0] = np.inf
    spectrum = np.fft.fft2(rng.normal(size=(SIDE, SIDE))) / radius**slope
    values = np.fft.ifft2(spectrum).real
    return 0.5 + values / (4 * values.std())


def stone(rng: np.random.Generator) -> np.ndarray:
    """Return speckles or clouds, as of granite, plaster or marble."""
    return noise(rng, rng.uniform(0.3, 1.8))


def planks(rng: np.random.Generator) -> np.ndarray:
    """Return boards of wood with grain along the rows and dark joints."""
    count = int(rng.choice([2, 4, 8]))
    high = SIDE // count
    shade = np.repeat(rng.uniform(-0.15, 0.15, count), high)[:, None]
    wood = 0.55 + 0.6 * (noise(rng, 1.1, rng.uniform(8, 20)) - 0.5) + shade
    wood[np.arange(SIDE) % high < 2] *= 0.45
    return wood


def tiles(rng: np.random.Generator) -> np.ndarray:
    """Return square tiles or, in shifted rows, bricks, with joints."""
    side, joint = int(rng.choice([32, 64, 128])), int(rng.integers(2, 5))
    rows, columns = np.mgrid[:SIDE, :SIDE]
    columns = (columns + (rows // side % 2) * (side // 2) * rng.integers(0, 2)) % SIDE
    shade = rng.uniform(0.55, 0.9, (SIDE // side, SIDE // side))[rows // side, columns // side]
    face = shade + 0.2 * (noise(rng, 0.8) - 0.5)
    return np.where((rows % side < joint) | (columns % side < joint), 0.15, face)


def cloth(rng: np.random.Generator) -> np.ndarray:
    """Return a weave, sometimes checked."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    thread = 2 * np.pi * rng.choice([32, 64]) / SIDE
    weave = 0.5 + 0.2 * np.sin(rows * thread) * np.sin(columns * thread)
    check = int(rng.choice([16, 32, 64]))
    checked = ((rows // check + columns // check) % 2 - 0.5) * rng.choice([0.0, 0.5])
    return weave + checked + 0.1 * (noise(rng, 0.5) - 0.5)


def stripes(rng: np.random.Generator) -> np.ndarray:
    """Return soft or hard stripes."""
    phase = np.arange(SIDE) * 2 * np.pi * int(rng.integers(2, 12)) / SIDE
    wave = np.clip(0.5 + rng.choice([0.4, 4.0]) * np.sin(phase), 0.1, 0.9)
    return wave[None, :] + 0.15 * (noise(rng, 0.7) - 0.5)


def _colors(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw a dark and a light colour of like hue, muted as furnishings are."""
    hue = rng.uniform(0.05, 0.12) if rng.random() < 0.5 else rng.random()
    saturation, value = rng.uniform(0.0, 0.5), rng.uniform(0.45, 1.0)
    light = colorsys.hsv_to_rgb(hue, saturation * rng.uniform(0.3, 1.0), value)
    dark = colorsys.hsv_to_rgb(hue, saturation, value * rng.uniform(0.3, 0.75))
    return np.array(dark), np.array(light)
