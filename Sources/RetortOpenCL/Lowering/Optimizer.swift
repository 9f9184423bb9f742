import RetortCore

extension Lowering {
  /// Appends the one launch that updates a flat parameter buffer and its state in place.
  mutating func optimizer(_ step: Step, _ rule: OptimizerRule, count: Int) {
    guard count > 0 else { return }
    let geometry = FlatGeometry(form, count: count, share: 8192, device: device)
    var macros: LaunchMacros
    var arguments: LaunchArguments = [
      "parameters": .buffer(output(step, 0)), "gradients": .buffer(input(step, 0)),
    ]
    let name: String
    switch rule {
    case .sgd(let momentum, let nesterov, let weightDecay):
      name = "sgd"
      macros = ["MOMENTUM": momentum == 0 ? "0" : "1", "NESTEROV": nesterov ? "1" : "0"]
      arguments.append("learningRate", .buffer(input(step, 1)))
      arguments.append("n", .int(count))
      arguments.append("weightDecay", .float(Float(weightDecay)))
      arguments.append(geometry.arguments)
      if momentum != 0 {
        arguments.append("velocities", .buffer(output(step, 1)))
        arguments.append("momentum", .float(Float(momentum)))
      }
    case .adam(let beta1, let beta2, let epsilon, let weightDecay, let decoupled):
      name = "adam"
      macros = ["DECOUPLED": decoupled ? "1" : "0"]
      arguments.append("firstMoments", .buffer(output(step, 1)))
      arguments.append("secondMoments", .buffer(output(step, 2)))
      arguments.append("learningRate", .buffer(input(step, 1)))
      arguments.append("stepCount", .buffer(input(step, 2)))
      arguments.append("n", .int(count))
      arguments.append("oneMinusBeta1", .float(Float(1 - beta1)))
      arguments.append("oneMinusBeta2", .float(Float(1 - beta2)))
      arguments.append("epsilon", .float(Float(epsilon)))
      arguments.append("weightDecay", .float(Float(weightDecay)))
      arguments.append(geometry.arguments)
    }
    macros.append(geometry.macros)
    add(
      Launch(
        family: "optimizer/optimizer", entry: form == .vector ? name + "_vector" : name + "_flat",
        macros: macros, global: geometry.global, local: geometry.local, arguments: arguments,
        label: step.label))
  }
}
