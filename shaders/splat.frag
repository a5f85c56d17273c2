// Pass splat, fragment stage: the dot's falloff at this pixel's centre, times its weight.
// In: the dot's centre as whole pixels + fraction, so that their difference stays exact.
// Out: density to be added (blending ONE, ONE).
#version 330 core

flat in ivec2 centre_whole;
flat in vec2 centre_fraction;
flat in vec2 centre_amounts;
flat in float centre_radius;    // pixels

uniform int falloff;        // which of the profiles below, in the order of dot.PROFILES
uniform sampler2D table;    // the caller's own profile, sampled over t = 0..1

out vec2 density;           // the second channel where the target has one: the sum of falloffs

float sampled(float t) {
    // By hand: the hardware's own interpolation has 8 bits only.
    float at = t * float(textureSize(table, 0).x - 1);
    int left = min(int(at), textureSize(table, 0).x - 2);
    float low = texelFetch(table, ivec2(left, 0), 0).r;
    float high = texelFetch(table, ivec2(left + 1, 0), 0).r;
    return mix(low, high, at - float(left));
}

float profile(float t) {
    switch (falloff) {
        case 0: return -log(min((205.0 * t + 50.0) / 255.0, 1.0));
        case 1: return 1.0 - t;
        case 2: return exp(-4.5 * t * t);
        case 3: return (1.0 - t * t) * (1.0 - t * t);
        case 4: return 1.0 - t * t;
        case 5: return 1.0;
        default: return sampled(t);
    }
}

void main() {
    vec2 offset = vec2(ivec2(gl_FragCoord.xy) - centre_whole) + (0.5 - centre_fraction);
    float t = length(offset) / centre_radius;
    if (t > 1.0) discard;
    density = centre_amounts * profile(t);
}
