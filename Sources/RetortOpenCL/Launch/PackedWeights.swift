import RetortCore

/// A convolution's weight as it is when the step reads it, and the lifetime of its packed form.
struct WeightUse {
  enum Lifetime {
    /// Until the step has read it.
    case step
    /// Until a step writes into the weight's variable, or the run ends.
    case run
    /// As long as the plan's setup.
    case program
  }

  let storage: Plan.Value.Storage
  /// How often the run has written into the weight's variable before.
  let version: Int
  private(set) var lifetime = Lifetime.step

  /// The uses of a plan's steps in order, whose packed forms last as long as they are right and wanted;
  /// nil for steps that read no packed weight.
  static func all(of plan: Plan) -> [WeightUse?] {
    struct Key: Hashable {
      let storage: Plan.Value.Storage
      let version: Int
      let direction: ConvolutionStep.Direction
    }
    var versions: [Int: Int] = [:]
    var counts: [Key: Int] = [:]
    let keys: [Key?] = plan.steps.map { step in
      defer {
        for output in step.outputs {
          if case .variable(let slot, _) = plan.values[output].storage {
            versions[slot, default: 0] += 1
          }
        }
      }
      guard case .convolution(let convolution) = step.kind, convolution.direction != .weightGradient
      else { return nil }
      let storage = plan.values[step.inputs[1]].storage
      var version = 0
      if case .variable(let slot, _) = storage { version = versions[slot, default: 0] }
      let key = Key(storage: storage, version: version, direction: convolution.direction)
      counts[key, default: 0] += 1
      return key
    }
    let setUp = Set(plan.setup.flatMap(\.outputs).map { plan.values[$0].storage })
    return keys.map { key in
      guard let key else { return nil }
      var use = WeightUse(storage: key.storage, version: key.version)
      switch key.storage {
      case .constant: use.lifetime = .program
      case .variable(let slot, _):
        use.lifetime =
          plan.variables[slot].isFrozen ? .program : counts[key, default: 0] > 1 ? .run : .step
      case .persistent: use.lifetime = setUp.contains(key.storage) ? .program : .step
      case .arena, .input: break
      }
      return use
    }
  }
}

/// Packed forms of weights that outlive a step.
struct PackedWeights {
  /// A weight in the form that a launch writes, wherever that puts it.
  struct Form: Hashable {
    private let storage: Plan.Value.Storage
    private let version: Int
    private let entry: String
    private let macros: LaunchMacros

    init(_ weight: WeightUse, by launch: Launch) {
      (storage, version) = (weight.storage, weight.version)
      (entry, macros) = (launch.entry, launch.macros)
    }
  }

  /// The buffers of the forms that exist.
  var buffers: [Form: BufferReference] = [:]
  /// The launches that pack weights for all runs, after the plan's setup.
  var preparation: [DeviceCommand] = []
}
