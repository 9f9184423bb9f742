import FoundationEssentials

/// Samples of the generators after their last step.
struct SampleSection {
  let model: PageModel

  var parts: [HTML] {
    model.generators.flatMap { entry in
      entry.group.members.compactMap { member -> HTML? in
        guard let png = member.stage.samples else { return nil }
        let run = entry.group.members.count > 1 ? ", \(member.run.name)" : ""
        return """
          <figure class="made"><figcaption>\(entry.label)\(run)</figcaption>
          <img src="data:image/png;base64,\(Data(png).base64EncodedString())" \
          alt="training examples, and below them what the generator makes of codes, theirs and random \
          codes"/></figure>

          """
      }
    }
  }
}
