// Pass colorize, fragment stage: density -> tone -> a colour of the scheme.
// In: density (sum of weight * falloff); palette, 256 x 1, index 0 = densest.
// Out: straight RGBA, and the palette's index / 255.
#version 330 core

uniform sampler2D density;
uniform sampler2D palette;
uniform int tone;      // in the order of tone.NAMES
uniform float low;     // the densities that map to 0 and 1
uniform float high;

layout(location = 0) out vec4 color;
layout(location = 1) out float index;

float toned(float value) {
    switch (tone) {
        case 0: return 1.0 - exp(-max(value, 0.0));
        case 2: return sqrt(clamp((value - low) / (high - low), 0.0, 1.0));
        case 3: return log(max(value, low) / low) / log(high / low);
        default: return (value - low) / (high - low);
    }
}

void main() {
    float value = texelFetch(density, ivec2(gl_FragCoord.xy), 0).r;
    int entry = int(255.0 * (1.0 - clamp(toned(value), 0.0, 1.0)));
    // Where there is no density nothing is painted: the palette's last entry is clear.
    if (value == 0.0 || isnan(value)) entry = 255;
    color = texelFetch(palette, ivec2(entry, 0), 0);
    index = float(entry) / 255.0;
}
