/// The number format of the factors in matrix products and convolutions; their sums and all other operations
/// are in float32.
public enum ComputeType: String, Sendable, Codable, CaseIterable {
  /// 24 significant bits: float32 itself.
  case float32
  /// 11 significant bits in float32's range, on matrix units.
  case tf32
  /// 8 significant bits in float32's range, on matrix units.
  case bf16
  /// 11 significant bits up to 65504, fewer below 2⁻¹⁴, on matrix units; gradients need scaling.
  case fp16
}
