import RetortData
import RetortDistillation
import RetortSchema

extension StageDecoder {
  /// Notes what keeps a search from making the examples of a stage, where texts differ from pictures.
  ///
  /// - Returns: Whether there is such a search for its examples.
  func checkTextSearch(
    _ explore: Exploration, _ stage: StageSpec, _ reader: MapReader, _ node: RecipeNode
  ) -> Bool {
    if explore.texts != .both, stage.data.source.outputs != .vectors {
      faults.add(
        node["texts"]?.place ?? node.place,
        .rule(
          "'explore.texts' chooses among the texts of pairs, which the examples of dataset "
            + "'\(stage.data.name)' are not. Take it away."))
    }
    guard let texts = stage.data.source as? any TextSource else {
      let given = [
        ("mask", explore.masked > 0), ("sampling", explore.sampling > 0),
        ("variants", explore.variants != nil),
      ]
      for (key, isGiven) in given where isGiven && explore.kind.searchesTexts {
        let place = node[key]?.place ?? node.place
        faults.add(
          place,
          .rule(
            "'explore.\(key)' is for texts, and dataset '\(stage.data.name)' has pictures. Take it away."
          ))
      }
      return true
    }
    let kinds = Exploration.Kind.allCases.filter(\.searchesTexts).map { "'\($0.rawValue)'" }
    guard explore.kind.searchesTexts else {
      faults.add(
        node.place,
        .rule(
          "exploration '\(explore.kind.rawValue)' is for pictures, which the examples of "
            + "'\(stage.data.name)' are not. For texts there is \(kinds.listed("and")), with a generator "
            + "such as denoising-transformer."))
      return false
    }
    if explore.kind.usesGradient, stage.data.source.outputs == .vectors {
      let others = kinds.filter { $0 != "'\(explore.kind.rawValue)'" }
      faults.add(
        node.place,
        .rule(
          "exploration '\(explore.kind.rawValue)' climbs by a divergence of probabilities, and models of dataset "
            + "'\(stage.data.name)' give vectors. Take \(others.listed("or"))."))
      return false
    }
    if explore.variants != nil, stage.data.source.outputs == .vectors {
      faults.add(
        node["variants"]?.place ?? node.place,
        .rule(
          "'explore.variants' are kept of texts with classes, and dataset '\(stage.data.name)' has pairs. "
            + "Take it away."))
    }
    let ofCodes = [
      ("box", explore.box), ("between", explore.between), ("proposals", explore.proposals != nil),
      ("replay", explore.replay != nil), ("chains", explore.chains),
      ("whitened", explore.whitened),
    ]
    for (key, isGiven) in ofCodes where isGiven {
      faults.add(
        node[key]?.place ?? node.place,
        .rule(
          "'explore.\(key)' is for codes of pictures; texts have states for each token. Take it away."
        ))
    }
    checkTokens(texts, stage, reader)
    return true
  }

  /// Notes models of a search that were trained on other tokens than the stage's, which all of them read.
  private func checkTokens(_ texts: any TextSource, _ stage: StageSpec, _ reader: MapReader) {
    for part in stage.models {
      guard case .stage(let name, _) = part.spec.source,
        let earlier = stages.first(where: { $0.name == name }),
        let others = earlier.data.source as? any TextSource
      else { continue }
      let (own, other) = (texts.encoding, others.encoding)
      guard own.vocabulary != other.vocabulary || own.lowercase != other.lowercase else { continue }
      let differing = own.vocabulary != other.vocabulary ? "vocabulary" : "lowercase"
      faults.add(
        Self.node(of: part.role, part.place, reader)?.place ?? reader.node.place,
        .rule(
          "what is explored is tokens, which teacher, generator and student must read alike; "
            + "stage '\(name)' trains the \(part.role.rawValue) with another 'data.\(differing)' than stage "
            + "'\(stage.name)' has. Give both the same."))
    }
  }
}
