import RetortCore

/// The operations of a training step besides layers and losses.
extension DeviceCase {
  /// Cases of random numbers, which are equal on every device.
  static let random: [DeviceCase] = [65, 1000, 20_001].map { count in
    DeviceCase("uniform and normal [\(count)]", tolerance: 1e-6) { part in
      let state = part.input(.int32(Philox4x32.state(seed: 0xDEAD_BEEF_3039, step: 77)), [3])
      return [RandomDistribution.uniform, .normal].map {
        part.graph.random($0, [count], state: state, stream: 3)
      }
    }
  }

  /// Cases of the first maximum of each row, with many ties.
  static let argmax: [DeviceCase] = ([[10, 2], [7, 16], [4, 17], [3, 1000]] as [Shape]).map {
    shape in
    DeviceCase("argmax \(shape)", tolerance: 0) { [$0.eighths(shape).argmax()] }
  }

  /// Cases of gradient steps in latent space.
  static let latentSteps: [DeviceCase] = [LatentStepRule.plain, .normalised].flatMap { rule in
    ([[7, 1], [5, 17], [2, 333]] as [Shape]).map { shape in
      DeviceCase("latent step, \(rule) \(shape)") { part in
        let (codes, gradient) = (part.uniform(shape), part.uniform(shape))
        return [[1], [shape[0]]].map { size in
          codes.latentStep(rule, gradient: gradient, size: part.uniform(size))
        }
      }
    }
  }
}

extension AugmentCase {
  /// A case of the network inputs of the images.
  var deviceCase: DeviceCase {
    DeviceCase("augmentation \(self)", tolerance: 0) { part in
      let pictures = part.input(.uint8(samples), images)
      let moves = part.input(.int32(words), [images[0], ImageMove.wordCount])
      let table = part.input(.float32(table), [images[3], 256])
      return [pictures.augmented(moves: moves, table: table, padding: padding, cutout: cutout)]
    }
  }
}
