import RetortCore

extension Lowering {
  /// Appends the launch that fills a value with random numbers of (seed, step) and a stream.
  mutating func random(
    _ step: Step, _ distribution: RandomDistribution, stream: UInt32, count: Int
  ) {
    guard count > 0 else { return }
    var arguments: LaunchArguments = [
      "state": .buffer(input(step, 0)), "to": .buffer(output(step)), "n": .int(count),
      "stream": .int(Int32(bitPattern: stream)),
    ]
    let geometry = FlatGeometry(form, count: count, share: CoreShare.elements, device: device)
    arguments.append(geometry.arguments)
    var macros: LaunchMacros = ["NORMAL": distribution == .normal ? "1" : "0"]
    macros.append(geometry.macros)
    add(
      Launch(
        family: "random/philox", entry: form == .vector ? "philox_vector" : "philox_flat",
        macros: macros, global: geometry.global, local: geometry.local, arguments: arguments,
        label: step.label))
  }
}
