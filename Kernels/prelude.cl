// prelude: what every kernel source may use; the host puts it before each program.
//
// Vectors    `float16` helpers for the CPU forms (one work-item walks a tile with wide vectors).
// Numerics   fma() is used for multiply-adds; programs are built without fast-math options.

#define IOTA16 (int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
