// Pass count, fragment stage (GL 3.3): hand the amount over to be blended.
// In: amount, a whole number.
// Out: the same, added to the cell: exact in float32 while a cell's sum is below 2^24.
#version 330 core

flat in float cell_amount;

out float sum;

void main() {
    sum = cell_amount;
}
