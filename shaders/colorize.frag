// Pass colorize, fragment stage: density -> index into the palette -> a colour of the scheme.
// In: density (sum of weight * falloff); steps, 256 densities, falling; palette, 256 x 1, 0 = densest.
// Out: straight RGBA, and the palette's index / 255.
#version 330 core

uniform sampler2D density;
uniform sampler2D palette;
uniform float steps[256];   // falling: a density has index k or more where it is not above entry k
uniform int blank;         // the index of pixels without density
uniform bool covered;      // whether 0 is a value as any other

layout(location = 0) out vec4 color;
layout(location = 1) out float index;

void main() {
    float value = texelFetch(density, ivec2(gl_FragCoord.xy), 0).r;
    // The greatest k with value <= steps[k], bit by bit from the highest one.
    int entry = 0;
    for (int bit = 128; bit > 0; bit >>= 1) {
        if (value <= steps[entry + bit]) entry += bit;
    }
    // Where there is no density nothing is painted.
    if ((value == 0.0 && !covered) || isnan(value)) entry = blank;
    color = texelFetch(palette, ivec2(entry, 0), 0);
    index = float(entry) / 255.0;
}
