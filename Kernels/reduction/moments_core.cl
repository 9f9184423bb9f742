// moments_core: joins the moments of parts of a column, and finishes them; part of moments_tiled.cl
// and ../matmul/combine_core.cl.
//
// Numerics   Means are relative to a pivot, which finish() adds. A part of no elements changes nothing.
// Source     Chan, Golub, LeVeque 1983, equation 2.1 (merging).

typedef struct { float count, mean, squares; } moments;

static inline moments merged(moments a, moments b) {
  const float count = a.count + b.count;
  const float weight = count > 0.0f ? b.count / count : 0.0f;
  const float delta = b.mean - a.mean;
  const float squares = a.squares + MAD(delta * delta, a.count * weight, b.squares);
  return (moments){count, MAD(delta, weight, a.mean), squares};
}

// Writes mean, biased variance and 1 / √(variance + epsilon), `pitch` apart.
static inline void finish(
    moments m, float pivot, float epsilon, __global float* to, size_t pitch) {
  const float variance = m.squares / m.count;
  to[0] = m.mean + pivot;
  to[pitch] = variance;
  to[2 * pitch] = 1.0f / sqrt(variance + epsilon);
}
