"""GLSL of the renderer: one pass for colour, instance id and depth, one for the shadow map."""

VERTEX = """#version 330
in vec3 position; in vec3 normal; in vec2 texcoord;
uniform mat4 world_from_object, clip_from_world, sun_from_world;
out vec3 world_position, world_normal; out vec2 uv; out vec4 sun_position;
void main() {
  vec4 world = world_from_object * vec4(position, 1);
  world_position = world.xyz;
  world_normal = transpose(inverse(mat3(world_from_object))) * normal;
  uv = texcoord;
  sun_position = sun_from_world * world;
  gl_Position = clip_from_world * world;
}"""

FRAGMENT = """#version 330
in vec3 world_position, world_normal; in vec2 uv; in vec4 sun_position;
uniform sampler2D texture_map; uniform sampler2DShadow shadow_map;
uniform vec4 base_color; uniform float textured, specular, shininess, instance_id, shadow_step;
uniform vec2 uv_scale;
uniform vec3 eye, view_axis, sun_direction, sun_color, ambient, sky_color;
uniform vec3 lamp_position, lamp_color;
layout(location = 0) out vec4 color; layout(location = 1) out vec2 id_and_depth;
layout(location = 2) out vec4 own_color;

float sunlit() {
  vec3 s = sun_position.xyz / sun_position.w * 0.5 + 0.5;
  if (any(lessThan(s, vec3(0))) || any(greaterThan(s, vec3(1)))) return 1.0;
  float sum = 0.0;
  for (int i = -1; i < 2; i++) for (int j = -1; j < 2; j++)
    sum += texture(shadow_map, vec3(s.xy + vec2(i, j) * shadow_step, s.z - 0.0025));
  return sum / 9.0;
}

void main() {
  vec4 base = base_color;
  if (textured > 0.5) {
    vec4 texel = texture(texture_map, uv * uv_scale);
    if (texel.a * base.a < 0.35) discard;
    base = vec4(pow(texel.rgb, vec3(2.2)), texel.a * base.a);
  }
  vec3 to_eye = normalize(eye - world_position), n = normalize(world_normal);
  if (dot(n, to_eye) < 0.0) n = -n;
  float lit = sunlit(), facing = max(dot(n, sun_direction), 0.0);
  vec3 light = ambient * mix(vec3(0.55), sky_color, n.z * 0.5 + 0.5) + sun_color * facing * lit;
  vec3 to_lamp = lamp_position - world_position;
  float d2 = dot(to_lamp, to_lamp);
  light += lamp_color * max(dot(n, to_lamp * inversesqrt(d2)), 0.0) / (1.0 + d2);
  float highlight = pow(max(dot(n, normalize(sun_direction + to_eye)), 0.0), shininess);
  float rim = pow(1.0 - max(dot(n, to_eye), 0.0), 4.0);
  vec3 result = base.rgb * light + sun_color * specular * highlight * lit * step(0.001, facing)
              + specular * 0.15 * sky_color * rim;
  color = vec4(pow(clamp(result, 0.0, 1.0), vec3(1.0 / 2.2)), base.a);
  own_color = vec4(pow(base.rgb, vec3(1.0 / 2.2)), 1.0);
  id_and_depth = vec2(instance_id, dot(world_position - eye, view_axis));
}"""

SHADOW_VERTEX = """#version 330
in vec3 position; uniform mat4 world_from_object, sun_from_world;
void main() { gl_Position = sun_from_world * world_from_object * vec4(position, 1); }"""

SHADOW_FRAGMENT = "#version 330\nvoid main() {}"
