// Pass count, compute stage (GL 4.3): add points into cells, exactly, two points to a turn.
// In: x, y in world units, float32 or float64; weights in whole steps, 64 bits as (low, high).
// Out: sums of 64 bits, low and high words apart, in 1 / parts^2 of a step: border, outside, cells.
#version 430 core

layout(local_size_x = 256) in;

layout(std430, binding = 0) buffer Low { uint low[]; };
layout(std430, binding = 1) buffer High { uint high[]; };
// One load of 16 bytes is two points in float32, or one in float64.
layout(std430, binding = 2) readonly buffer Coordinates { uvec4 coordinates[]; };
layout(std430, binding = 3) readonly buffer Steps { uvec4 steps[]; };

uniform uint n_points;
uniform bool wide;         // coordinates are float64
uniform bool weighted;     // else each point weighs one step
uniform dvec2 origin;      // world units: the area's upper left corner
uniform dvec2 scale;       // positions to a world unit
uniform double offset;     // the corner's own position, in x as in y
uniform dvec2 shown_end;   // the area ends here: its last position that is shown
uniform double first;      // the first position that is one of our cells'
uniform dvec2 end;         // the first one behind them
uniform uint fraction_bits;  // a cell is 1 << fraction_bits positions wide
uniform uint columns;      // cells in a row
uniform uint band_start;   // the part of the sums that is bound: a driver limits its size
uniform uint band_size;

const uint BORDER = 0u;
const uint OUTSIDE = 1u;
const uint CELLS = 2u;

// Add to a sum of two words, in two's complement: the sum is right modulo 2^64 whatever the
// order, since each overflow of the low word is seen by the one addition that made it.
void add(uint index, uvec2 amount) {
    index -= band_start;
    if (index >= band_size) return;
    uint before = atomicAdd(low[index], amount.x);
    uint more = amount.y + uint(before + amount.x < before);
    if (more != 0u) atomicAdd(high[index], more);
}

// Multiply 64 bits by at most 256. Without umulExtended: LLVM 15, under llvmpipe, crashed while
// compiling it in a shader of this kind.
uvec2 times(uvec2 amount, uint part) {
    uint carry = ((amount.x >> 16) * part + ((amount.x & 0xffffu) * part >> 16)) >> 16;
    return uvec2(amount.x * part, amount.y * part + carry);
}

void count(dvec2 point, uvec2 weight) {
    // In this order and never fused, as on the host: the same bits, the same cells.
    precise dvec2 position = point - origin;
    position = position * scale;
    position = position + offset;
    bool shown = all(greaterThanEqual(position, dvec2(offset)))
        && all(lessThanEqual(position, shown_end));
    if (!shown) add(OUTSIDE, uvec2(1u, 0u));

    // Compared before the cast: a position beyond int32, or infinite, has no integer.
    bool ours = all(greaterThanEqual(position, dvec2(first))) && all(lessThan(position, end));
    uvec2 whole = ours ? uvec2(position) : uvec2(0u);
    uvec2 cell = (whole >> fraction_bits) - 1u;  // positions begin one cell off
    uvec2 fraction = whole & ((1u << fraction_bits) - 1u);
    uint index = ours ? CELLS + cell.y * columns + cell.x : BORDER;

    // The four cells around, the part of each growing with nearness.
    uint corner = fraction.x * fraction.y;
    uint right = (fraction.x << fraction_bits) - corner;
    uint down = (fraction.y << fraction_bits) - corner;
    uint units = 1u << (2u * fraction_bits);
    add(index, times(weight, units - right - down - corner));
    if (fraction_bits == 0u || !ours) return;
    add(index + 1u, times(weight, right));
    add(index + columns, times(weight, down));
    add(index + columns + 1u, times(weight, corner));
}

void main() {
    uint pair = gl_GlobalInvocationID.x;
    uint point = 2u * pair;
    if (point >= n_points) return;
    uvec4 weights = weighted ? steps[pair] : uvec4(1u, 0u, 1u, 0u);
    dvec2 here, next;
    if (wide) {
        uvec4 one = coordinates[point], two = coordinates[point + 1u];
        here = dvec2(packDouble2x32(one.xy), packDouble2x32(one.zw));
        next = dvec2(packDouble2x32(two.xy), packDouble2x32(two.zw));
    } else {
        vec4 both = uintBitsToFloat(coordinates[pair]);
        here = dvec2(both.xy);
        next = dvec2(both.zw);
    }
    count(here, weights.xy);
    if (point + 1u < n_points) count(next, weights.zw);
}
