// Pass count, vertex stage (GL 3.3): place one pixel on one cell.
// In: cell (column, row), row 0 first; amount, a whole number.
// Out: a point at the very centre of the cell, where no rounding of the driver's can move it.
#version 330 core

in ivec2 cell;
in float amount;

uniform ivec2 size;  // cells of the target

flat out float cell_amount;

void main() {
    cell_amount = amount;
    gl_Position = vec4((vec2(cell) + 0.5) / vec2(size) * 2.0 - 1.0, 0.0, 1.0);
    gl_PointSize = 1.0;
}
