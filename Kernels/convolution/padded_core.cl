// padded_core: brings a window of an image to local memory; part of convolution_vector.cl and
// convolution_weight_gradient_vector.cl.

// Copies the window of `rows` × `columns` pixels that begins at (top, left) of one image
// [height, width, channels] to `patch`; zeros outside the image.
static inline void load_padded(
    __global const float* image, __local float* patch, const int top, const int left,
    const int rows, const int columns, const int height, const int width, const int channels) {
  const int length = columns * channels;
  const int from = clamp(-left, 0, columns) * channels;
  const int to = clamp(width - left, 0, columns) * channels;
  for (int y = 0; y < rows; y++) {
    __local float* row = patch + y * length;
    const int inside = top + y >= 0 && top + y < height;
    const int start = inside ? from : length, end = inside ? to : length;
    __global const float* source = image + ((top + y) * width + left) * channels;
    int i = 0;
    for (; i < start; i++) row[i] = 0.0f;
    for (; i + 16 <= end; i += 16) *(__local float16_anywhere*)(row + i) = load16(source + i);
    for (; i < end; i++) row[i] = source[i];
    for (; i < length; i++) row[i] = 0.0f;
  }
}
