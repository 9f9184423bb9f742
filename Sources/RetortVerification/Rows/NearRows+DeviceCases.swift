import RetortCore

extension NearRows {
  /// Cases of every divergence at every temperature, for rows at all distances.
  static var deviceCases: [DeviceCase] {
    let rows = Dictionary(grouping: cases(columns: 130), by: \.temperature)
    let kinds: [Divergence] = [
      .forwardKL, .reverseKL, .jensenShannon(beta: 0.3), .probabilityL2,
    ]
    return kinds.flatMap { kind in
      rows.sorted { $0.key < $1.key }.map { temperature, rows in
        // The results may cancel down to float32's least normal numbers.
        DeviceCase("\(kind) of near rows at \(temperature)", floor: 1e-36) { part in
          rows.map { near in
            let shape: Shape = [near.rows, near.columns]
            let student = part.input(.float32(near.student), shape)
            let teacher = part.input(.float32(near.teacher), shape)
            return student.divergenceRows(
              kind, teacher: teacher, temperature: Double(temperature))
          }
        }
      }
    }
  }
}
