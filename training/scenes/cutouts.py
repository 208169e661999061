"""Cut-outs to paste into composites: Fluent emoji (npm, MIT) and single rendered objects."""

from __future__ import annotations

import io
import re
import tarfile
import unicodedata
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image, ImageFilter

from seem_ros.prompts.colours import color_name
from training.meshes.library import AssetLibrary, only
from training.scenes import furnishing
from training.scenes.cameras import orbit
from training.scenes.render_types import Drawable
from training.scenes.renderer import Renderer
from training.scenes.sampler import SceneSampler

# Unicode names of what is not a thing: faces, symbols, people doing something, places.
NOT_A_THING = re.compile(
    r"face|clock|sign|symbol|square|arrow|mark|button|heart|moon|zodiac|circled|japanese|person"
    r"|man|woman|keycap|number|input|squared|negative|letter|flag|hand|volcano|milky|sunrise|city"
    r"|mount|house|building|circle|diamond|bubble|symbols|notes|speech|dash|cyclone|sun|cloud"
    r"|aries|taurus|gemini|cancer|leo$|virgo|libra|scorp|sagittarius|capricorn|aquarius|pisces"
    r"|wrestlers|emblem|store|bank$|hospital|hotel|school$|office|castle|factory|tokyo|statue|fire$"
    r"|family|couple|kiss|sleeping|prohibited|no |non-|black |white |heavy |triangle|card suit"
)
SIDE = 240


@dataclass(frozen=True, eq=False)
class Cutout:
    """`rgba` (h, w, 4) uint8, cropped to what is visible; `color` is a word or None."""

    rgba: np.ndarray
    name: str
    color: str | None
    source: str
    licence: str


class EmojiCutouts:
    """The named single-character emoji of @lobehub/fluent-emoji-3d, read from its archive."""

    def __init__(self, packages: Path) -> None:
        self.archive = only(packages, "lobehub-fluent-emoji-3d-*.tgz")
        self.images: dict[str, bytes] = {}
        with tarfile.open(self.archive) as archive:
            for member in archive.getmembers():
                name = emoji_name(PurePosixPath(member.name).name)
                file = archive.extractfile(member) if name else None
                if name and file:
                    self.images[name] = file.read()
        self.names = sorted(self.images)

    def draw(self, rng: np.random.Generator) -> Cutout:
        """Draw one, every name alike."""
        name = self.names[rng.integers(len(self.names))]
        image = Image.open(io.BytesIO(self.images[name])).convert("RGBA")
        rgba = crop(np.asarray(image))
        color = color_name(rgba[rgba[..., 3] > 127][:, :3])
        return Cutout(rgba, name, color, "fluent-emoji-3d", "MIT")


def emoji_name(file: str) -> str | None:
    """Return the Unicode name in lower case for "1f34c.webp"; None if it is not one thing."""
    match = re.fullmatch(r"([0-9a-f]{4,5})(?:-fe0f)?\.webp", file)
    name = unicodedata.name(chr(int(match[1], 16)), "").lower() if match else ""
    return None if not name or NOT_A_THING.search(name) else name


class RenderedCutouts:
    """A stock of single tabletop objects, each seen from a random side in random light.

    The stock is drawn once from a fixed seed, so that composites can be made in any order.
    """

    def __init__(self, library: AssetLibrary, count: int = 300, seed: int = 0) -> None:
        self.library = library
        self.sampler = SceneSampler(library)
        renderer = Renderer(SIDE, SIDE)
        rng = np.random.default_rng(seed)
        self.stock = [self._render(renderer, rng) for _ in range(count)]

    def draw(self, rng: np.random.Generator) -> Cutout:
        """Draw one from the stock."""
        return self.stock[rng.integers(len(self.stock))]

    def _render(self, renderer: Renderer, rng: np.random.Generator) -> Cutout:
        """Render one; its outermost pixels, mixed with background, are cut off."""
        info = self.sampler.draw_mesh(rng, self.sampler.small)
        surface = furnishing.object_surface(info, rng)
        parts = self.library.parts(info.file)
        items = [Drawable(part, np.eye(4), 1, surface) for part in parts]
        middle, reach = np.array([0, 0, info.size[2] / 2]), max(info.size)
        camera = orbit(middle, rng.uniform(0, 6.28), rng.uniform(0.1, 1.2), 2.2 * reach, 0.7)
        light = furnishing.random_lighting(rng, 0.0, room=False)
        view = renderer.render(items, camera, light)
        mask = Image.fromarray((view.labels > 0).astype(np.uint8) * 255)
        alpha = mask.filter(ImageFilter.MinFilter(3)).filter(ImageFilter.GaussianBlur(0.6))
        rgba = crop(np.dstack([view.rgb, np.asarray(alpha)]))
        color = None if info.clear else color_name(view.albedo[view.labels > 0])
        return Cutout(rgba, info.name, color, info.source, info.licence)


def crop(rgba: np.ndarray) -> np.ndarray:
    """Cut (h, w, 4) to the box of its visible pixels; unchanged when nothing is visible."""
    rows, columns = np.nonzero(rgba[..., 3] > 8)
    if len(rows) == 0:
        return rgba
    return rgba[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
