// Pass splat, vertex stage: place the sprite of one dot, as a point or as a quad.
// In: whole (pixels) + fraction (0..1 of a pixel) of the dot's centre, row 0 first; weight; radius (pixels).
// Out: a sprite centred on the whole pixel's centre, as many whole pixels to each side of it as
// the dot reaches beyond its own (dot.reach).
#version 330 core

in ivec2 whole;
in vec2 fraction;
in vec2 amounts;       // what the falloff is multiplied with, in each channel
in float radius;

uniform ivec2 size;    // pixels of the target
uniform int gutter;    // pixels by which the viewport is larger than the target on each side
uniform bool quads;    // four vertices a dot (triangle strip) instead of one point

flat out ivec2 centre_whole;
flat out vec2 centre_fraction;
flat out vec2 centre_amounts;
flat out float centre_radius;

void main() {
    centre_whole = whole;
    centre_fraction = fraction;
    centre_amounts = amounts;
    centre_radius = radius;

    float side = 2.0 * floor(radius + 0.5) + 1.0;
    vec2 corner = quads ? vec2(gl_VertexID & 1, gl_VertexID >> 1) - 0.5 : vec2(0.0);
    vec2 pixel = vec2(whole) + 0.5 + corner * side;
    gl_Position = vec4((pixel + float(gutter)) / vec2(size + 2 * gutter) * 2.0 - 1.0, 0.0, 1.0);
    gl_PointSize = side;
}
