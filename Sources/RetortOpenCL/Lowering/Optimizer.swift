import RetortCore

extension Lowering {
  /// Appends the one launch that updates a flat parameter buffer, its state and its average in
  /// place.
  mutating func optimizer(_ step: Step, _ update: OptimizerUpdate, count: Int) {
    guard count > 0 else { return }
    let geometry = FlatGeometry(form, count: count, share: 8192, device: device)
    let rule = kernel(of: update.rule, step)
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
    if update.isScaled {
      macros.append("SCALED", "1")
      arguments.append("scaling", .buffer(input(step, update.scalingInput)))
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

  /// What a rule's kernel is called and takes besides what all take.
  private func kernel(of rule: OptimizerRule, _ step: Step) -> (
    name: String, macros: LaunchMacros, arguments: LaunchArguments, weightDecay: Double
  ) {
    switch rule {
    case .sgd(let momentum, let nesterov, let weightDecay):
      return (
        "sgd", ["MOMENTUM": momentum == 0 ? "0" : "1", "NESTEROV": nesterov ? "1" : "0"],
        velocities(step, 1, momentum), weightDecay
      )
    case .adam(let beta1, let beta2, let epsilon, let weightDecay, let decoupled):
      return (
        "adam", ["DECOUPLED": decoupled ? "1" : "0"],
        [
          "firstMoments": .buffer(output(step, 1)), "secondMoments": .buffer(output(step, 2)),
          "oneMinusBeta1": .float(Float(1 - beta1)), "oneMinusBeta2": .float(Float(1 - beta2)),
          "epsilon": .float(Float(epsilon)),
        ], weightDecay
      )
    case .rmsprop(let alpha, let epsilon, let momentum, let centered, let weightDecay):
      var arguments: LaunchArguments = [
        "secondMoments": .buffer(output(step, 1)), "oneMinusAlpha": .float(Float(1 - alpha)),
        "epsilon": .float(Float(epsilon)),
      ]
      if centered { arguments.append("firstMoments", .buffer(output(step, 2))) }
      arguments.append(velocities(step, centered ? 3 : 2, momentum))
      return (
        "rmsprop", ["MOMENTUM": momentum == 0 ? "0" : "1", "CENTERED": centered ? "1" : "0"],
        arguments, weightDecay
      )
    }
  }

  private func velocities(_ step: Step, _ index: Int, _ momentum: Double) -> LaunchArguments {
    guard momentum != 0 else { return [:] }
    return ["velocities": .buffer(output(step, index)), "momentum": .float(Float(momentum))]
  }
}
