"""Headless renderer (moderngl on EGL, Mesa's llvmpipe will do): colour, instance id, depth."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from training.meshes.parts import MeshPart
from training.scenes import shaders
from training.scenes.attachments import mask_colors, set_matrix
from training.scenes.cameras import Camera, sun_clip_from_world
from training.scenes.render_types import Drawable, Lighting, View, with_surface

if TYPE_CHECKING:
    from moderngl import Framebuffer, Texture


class Renderer:
    """Renders scenes of Drawables at one size; labels are exact, colour is supersampled.

    Raises ImportError without moderngl and RuntimeError when no EGL context can be made.
    """

    def __init__(self, width: int, height: int, supersample: int = 2, shadow_size: int = 1024):
        # Several renderers run beside a training: one llvmpipe thread each.
        os.environ.setdefault("LP_NUM_THREADS", "1")
        import moderngl

        self.gl = moderngl
        try:
            settings: dict[str, Any] = {"backend": "egl"}
            self.context = moderngl.create_context(standalone=True, **settings)
        except Exception as error:
            raise RuntimeError(
                f"no EGL context (apt: libegl1 libgl1-mesa-dri): {error}"
            ) from error
        context, size = self.context, (width * supersample, height * supersample)
        self.width, self.height, self.supersample = width, height, supersample
        self.program = context.program(shaders.VERTEX, shaders.FRAGMENT)
        self.shadow_program = context.program(shaders.SHADOW_VERTEX, shaders.SHADOW_FRAGMENT)
        self.color = context.texture(size, 4)
        self.truth = context.texture(size, 2, dtype="f4")
        self.albedo = context.texture(size, 4)
        depth = context.depth_renderbuffer(size)
        self.all = context.framebuffer([self.color, self.truth, self.albedo], depth)
        self.color_only = context.framebuffer([self.color], depth)
        self.truth_only = context.framebuffer([self.truth], depth)
        self.shadow = context.depth_texture((shadow_size, shadow_size))
        self.shadow.compare_func = "<="
        self.shadow.filter = (moderngl.LINEAR, moderngl.LINEAR)
        self.shadow.repeat_x = self.shadow.repeat_y = False
        self.shadow_buffer = context.framebuffer(depth_attachment=self.shadow)
        self._meshes: dict[int, tuple] = {}
        self._textures: dict[int, tuple] = {}

    def render(
        self,
        drawables: list[Drawable],
        camera: Camera,
        light: Lighting,
        shift: tuple[float, float] = (0.0, 0.0),
    ) -> View:
        """Render one view; see-through parts are blended but labelled like solid ones.

        `shift` moves the picture by fractions of a pixel, right and down.
        """
        with self.context:
            self._draw_all(self.all, drawables, camera, light, shift)
            return self._read()

    def render_color(
        self,
        drawables: list[Drawable],
        camera: Camera,
        light: Lighting,
        shift: tuple[float, float] = (0.0, 0.0),
    ) -> np.ndarray:
        """Render colour alone, (H, W, 3) uint8: cheaper, for averaging many lights."""
        with self.context:
            self._draw_all(self.color_only, drawables, camera, light, shift)
            return self._read_color(self.color)

    def _draw_all(
        self,
        target: Framebuffer,
        drawables: list[Drawable],
        camera: Camera,
        light: Lighting,
        shift: tuple[float, float],
    ) -> None:
        gl, context = self.gl, self.context
        context.enable(gl.DEPTH_TEST)
        context.disable(gl.CULL_FACE | gl.BLEND)
        self._render_shadows(drawables, light)
        self.truth_only.clear(0.0, 0.0, 0.0, 0.0)
        self.color_only.clear(*light.background, 1.0, depth=1.0)
        self._set_scene(camera, light, shift)
        solid = [d for d in drawables if d.part.material.alpha >= 0.85]
        clear = [d for d in drawables if d.part.material.alpha < 0.85]
        target.use()
        for drawable in solid:
            self._draw(drawable)
        if clear:
            self._draw_clear(clear)

    def _render_shadows(self, drawables: list[Drawable], light: Lighting) -> None:
        self.shadow_buffer.use()
        self.shadow_buffer.clear(depth=1.0)
        sun = sun_clip_from_world(light.sun_direction, light.shadow_centre, light.shadow_radius)
        set_matrix(self.shadow_program, "sun_from_world", sun)
        set_matrix(self.program, "sun_from_world", sun)
        for drawable in drawables:
            if drawable.casts_shadow and drawable.part.material.alpha > 0.6:
                set_matrix(self.shadow_program, "world_from_object", drawable.pose)
                self._arrays(drawable.part)[1].render()

    def _set_scene(self, camera: Camera, light: Lighting, shift: tuple[float, float]) -> None:
        program, pose = self.program, camera.world_from_optical()
        clip = camera.clip_from_world(self.width / self.height)
        clip[0] += 2 * shift[0] / self.width * clip[3]
        clip[1] -= 2 * shift[1] / self.height * clip[3]
        set_matrix(program, "clip_from_world", clip)
        values = {
            "eye": camera.eye,
            "view_axis": pose[:3, 2],
            "sun_direction": light.sun_direction,
            "sun_color": light.sun_color,
            "ambient": light.ambient,
            "sky_color": light.sky_color,
            "lamp_position": light.lamp_position,
            "lamp_color": light.lamp_color,
        }
        for name, value in values.items():
            program[name] = tuple(float(v) for v in value)
        program["shadow_step"] = light.shadow_blur / self.shadow.width
        program["texture_map"], program["shadow_map"] = 0, 1
        self.shadow.use(1)

    def _draw(self, drawable: Drawable, alpha: float | None = None) -> None:
        material, program = with_surface(drawable.part.material, drawable.surface), self.program
        linear = [min(max(float(c), 0.0), 1.0) ** 2.2 for c in material.color]
        set_matrix(program, "world_from_object", drawable.pose)
        program["base_color"] = (*linear, material.alpha if alpha is None else alpha)
        program["textured"] = float(material.texture is not None)
        program["specular"], program["shininess"] = material.specular, material.shininess
        program["instance_id"] = float(drawable.instance_id)
        scale = drawable.surface.uv_scale if drawable.surface else 1.0
        program["uv_scale"] = (scale, scale)
        if material.texture is not None:
            self._texture(material.texture).use(0)
        self._arrays(drawable.part)[0].render()

    def _draw_clear(self, drawables: list[Drawable]) -> None:
        """Blend glass over the picture, then write its ids and depth as if it were solid."""
        gl, context = self.gl, self.context
        self.color_only.use()
        context.enable(gl.BLEND)
        context.blend_func = (gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA)
        self.color_only.depth_mask = False
        for drawable in drawables:
            self._draw(drawable, max(drawable.part.material.alpha, 0.25))
        context.disable(gl.BLEND)
        self.all.use()
        self.all.depth_mask = True
        mask_colors(self.all, (False, True, True))
        for drawable in drawables:
            self._draw(drawable, 1.0)
        mask_colors(self.all, (True, True, True))

    def _read(self) -> View:
        height, width, factor = self._shape()
        truth = np.frombuffer(self.truth.read(), np.float32).reshape(height, width, 2)[::-1]
        ids, depth = np.rint(truth[..., 0]).astype(np.uint16), truth[..., 1]
        if factor > 1:
            ids, depth = downsample_truth(ids, depth, factor)
        rgb, albedo = self._read_color(self.color), self._read_color(self.albedo)
        return View(rgb, albedo, np.ascontiguousarray(ids), depth.astype(np.float32))

    def _shape(self) -> tuple[int, int, int]:
        factor = self.supersample
        return self.height * factor, self.width * factor, factor

    def _read_color(self, texture: Texture) -> np.ndarray:
        height, width, factor = self._shape()
        rgb = np.frombuffer(texture.read(), np.uint8).reshape(height, width, 4)[::-1, :, :3]
        if factor > 1:
            rgb = np.asarray(
                Image.fromarray(rgb).resize((self.width, self.height), Image.Resampling.BOX)
            )
        return np.ascontiguousarray(rgb)

    def _arrays(self, part: MeshPart) -> tuple:
        if id(part) not in self._meshes:
            vertices = self.context.buffer(np.ascontiguousarray(part.vertices, "f4").tobytes())
            indices = self.context.buffer(np.ascontiguousarray(part.indices, "u4").tobytes())
            layout = [(vertices, "3f 3f 2f", "position", "normal", "texcoord")]
            shaded = self.context.vertex_array(self.program, layout, indices)
            plain = [(vertices, "3f 20x", "position")]
            shadow = self.context.vertex_array(self.shadow_program, plain, indices)
            # The part is kept too: its id is the key and must not be given to another object.
            self._meshes[id(part)] = (shaded, shadow, vertices, indices, part)
        return self._meshes[id(part)]

    def _texture(self, image: np.ndarray) -> Texture:
        if id(image) not in self._textures:
            flipped = np.ascontiguousarray(
                np.asarray(Image.fromarray(image).convert("RGBA"))[::-1]
            )
            texture = self.context.texture((image.shape[1], image.shape[0]), 4, flipped.tobytes())
            texture.build_mipmaps()
            texture.filter = (self.gl.LINEAR_MIPMAP_LINEAR, self.gl.LINEAR)
            self._textures[id(image)] = (texture, image)
        return self._textures[id(image)][0]

    def free(self) -> None:
        """Release uploaded meshes and textures; they are uploaded again when next drawn."""
        with self.context:
            for entry in self._meshes.values():
                for resource in entry[:4]:
                    resource.release()
            for texture, _ in self._textures.values():
                texture.release()
        self._meshes.clear()
        self._textures.clear()


def downsample_truth(
    ids: np.ndarray, depth: np.ndarray, factor: int
) -> tuple[np.ndarray, np.ndarray]:
    """Give each block of factor x factor samples the id most of them have, and its mean depth."""
    height, width = ids.shape[0] // factor, ids.shape[1] // factor

    def blocks(values: np.ndarray) -> np.ndarray:
        split = values.reshape(height, factor, width, factor)
        return split.transpose(0, 2, 1, 3).reshape(height, width, factor * factor)

    samples, depths = blocks(ids), blocks(depth)
    winner, mean_depth = samples[..., 0].copy(), depths.mean(-1)
    mixed = (samples != samples[..., :1]).any(-1)
    edge, edge_depth = samples[mixed], depths[mixed]
    votes = (edge[:, :, None] == edge[:, None, :]).sum(-1)
    winner[mixed] = np.take_along_axis(edge, votes.argmax(-1)[:, None], -1)[:, 0]
    chosen = edge == winner[mixed][:, None]
    mean_depth[mixed] = (edge_depth * chosen).sum(-1) / chosen.sum(-1)
    return winner, mean_depth
