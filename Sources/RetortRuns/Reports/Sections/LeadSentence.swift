/// A sentence that summarises the results.
struct LeadSentence {
  let model: PageModel

  var text: String {
    guard let best = model.best else {
      return model.entries.allSatisfy { $0.group.ended.isEmpty }
        ? "No stage has ended yet." : "No stage was scored on the test set."
    }
    let group = best.group
    let isMean = group.accuracy.count > 1
    let share = "\(group.accuracy.text(2, times: 100)) %"
    var text = "\(best.label) is right on \(share) of the test set"
    if let documents = group.count({ $0.score.retrieval?.documents }) {
      text =
        "\(best.label) finds the right one of \(ReportNumber.count(documents)) documents first for "
        + "\(share) of the queries"
    }
    if isMean { text += ", over \(group.accuracy.count) runs" }
    if let teacher = group.sample({ $0.teacher?.accuracy }).mean {
      text += ", its teacher on \(ReportNumber.percent(teacher))"
    }
    if let own = group.count(\.score.parameters), own > 0,
      let its = group.count({ $0.teacher?.parameters }), its > 0
    {
      text += ", with \(fixed(100 * Double(own) / Double(its), 0)) % of the teacher’s parameters"
    }
    return text + "."
  }
}
