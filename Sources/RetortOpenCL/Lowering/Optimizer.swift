import RetortCore

extension Lowering {
  /// Parameters of a work-item at least on CPU devices.
  ///
  /// Chosen by trial; `retort bench step --models mlp --profile` shows its effect.
  private static let leastParameters = 2 * CoreShare.elements

  /// Appends the one launch that updates a flat parameter buffer, its state and its average in
  /// place.
  mutating func optimizer(_ step: Step, _ update: OptimizerUpdate, count: Int) {
    guard count > 0 else { return }
    let geometry = FlatGeometry(form, count: count, share: Self.leastParameters, device: device)
    let rule = kernel(of: update, step)
    var macros = rule.macros
    var arguments: LaunchArguments = [
      "parameters": .buffer(output(step, 0)), "gradients": .buffer(input(step, 0)),
      "learningRate": .buffer(input(step, 1)), "stepCount": .buffer(input(step, 2)),
      "n": .int(count), "weightDecay": .float(Float(rule.weightDecay)),
    ]
    switch update.clipping {
    case .norm(let limit):
      macros.append("CLIP_NORM", "1")
      arguments.append("gradientNorm", .buffer(input(step, 3)))
      arguments.append("clip", .float(Float(limit)))
    case .value(let limit):
      macros.append("CLIP_VALUE", "1")
      arguments.append("clip", .float(Float(limit)))
    case nil: break
    }
    if let scaling = update.input(.scaling) {
      macros.append("SCALED", "1")
      arguments.append("scaling", .buffer(input(step, scaling)))
    }
    if let averaging = update.averaging {
      arguments.append("averages", .buffer(output(step, update.stateCount)))
      switch averaging {
      case .exponential(let decay, let from):
        macros.append("AVERAGE", "1")
        arguments.append(["averageStart": .int(from), "averageShare": .float(Float(1 - decay))])
      case .equal(let from):
        macros.append("AVERAGE", "2")
        arguments.append(["averageStart": .int(from), "averageShare": .float(0)])
      }
    }
    if let decaying = update.input(.decaying) {
      macros.append("DECAYS_PARTLY", "1")
      arguments.append("decaying", .buffer(input(step, decaying)))
    }
    arguments.append(rule.arguments)
    arguments.append(geometry.arguments)
    macros.append(geometry.macros)
    add(
      Launch(
        family: "optimizer/optimizer",
        entry: form == .vector ? rule.name + "_vector" : rule.name + "_flat",
        macros: macros, global: geometry.global, local: geometry.local, arguments: arguments,
        label: step.label))
  }

  /// The kernel of a rule: its name, and the macros and arguments that are its own.
  private func kernel(of update: OptimizerUpdate, _ step: Step) -> (
    name: String, macros: LaunchMacros, arguments: LaunchArguments, weightDecay: Double
  ) {
    let cycled = update.input(.momentum).map { input(step, $0) }
    // The scalar, or where it comes with each step the value that holds it.
    func momentum(_ name: String, _ value: Double) -> LaunchArguments {
      cycled.map { ["cycled": .buffer($0)] } ?? [name: .float(Float(value))]
    }
    func velocities(_ index: Int, _ value: Double) -> LaunchArguments {
      guard value != 0 else { return [:] }
      var arguments: LaunchArguments = ["velocities": .buffer(output(step, index))]
      arguments.append(momentum("momentum", value))
      return arguments
    }
    var (macros, arguments) = (LaunchMacros(), LaunchArguments())
    if cycled != nil { macros.append("CYCLED", "1") }
    switch update.rule {
    case .sgd(let momentum, let dampening, let nesterov, let weightDecay):
      macros.append(["MOMENTUM": momentum == 0 ? "0" : "1", "NESTEROV": nesterov ? "1" : "0"])
      arguments.append(velocities(1, momentum))
      if dampening != 0, momentum != 0 {
        macros.append("DAMPENED", "1")
        arguments.append("oneMinusDampening", .float(Float(1 - dampening)))
      }
      return ("sgd", macros, arguments, weightDecay)
    case .adam(let beta1, let beta2, let epsilon, let weightDecay, let decoupled, let amsgrad):
      macros.append("DECOUPLED", decoupled ? "1" : "0")
      arguments.append([
        "firstMoments": .buffer(output(step, 1)), "secondMoments": .buffer(output(step, 2)),
      ])
      arguments.append(momentum("oneMinusBeta1", 1 - beta1))
      arguments.append([
        "oneMinusBeta2": .float(Float(1 - beta2)), "epsilon": .float(Float(epsilon)),
      ])
      if amsgrad {
        macros.append("AMSGRAD", "1")
        arguments.append("largestMoments", .buffer(output(step, 3)))
      }
      return ("adam", macros, arguments, weightDecay)
    case .rmsprop(let alpha, let epsilon, let momentum, let centered, let weightDecay):
      macros.append(["MOMENTUM": momentum == 0 ? "0" : "1", "CENTERED": centered ? "1" : "0"])
      arguments.append([
        "secondMoments": .buffer(output(step, 1)), "oneMinusAlpha": .float(Float(1 - alpha)),
        "epsilon": .float(Float(epsilon)),
      ])
      if centered { arguments.append("firstMoments", .buffer(output(step, 2))) }
      arguments.append(velocities(centered ? 3 : 2, momentum))
      return ("rmsprop", macros, arguments, weightDecay)
    }
  }
}
