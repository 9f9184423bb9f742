import Glibc
import RetortCore
import RetortDistillation
import RetortFormats
import RetortNN
import RetortTestSupport
import Testing

/// What bounds are made of, beside truths that are known and definitions in other code.
@Suite struct BoundsTests {
  /// `count` points in the unit cube of so many dimensions, turned into a space of 20 coordinates.
  private static func cube(_ dimensions: Int, count: Int, seed: UInt64, shift: Float = 0) -> Points
  {
    let inner = Philox4x32(seed: seed, stream: 1).uniforms(count * dimensions)
    // Random directions are nearly at right angles.
    let axes = Philox4x32(seed: 9, stream: 2).normals(20 * dimensions)
    var values: [Float] = []
    for row in 0..<count {
      for coordinate in 0..<20 {
        values.append(
          (0..<dimensions).reduce(shift) {
            $0 + inner[row * dimensions + $1] * axes[coordinate * dimensions + $1]
          })
      }
    }
    return Points(values, count: count)
  }

  @Test(arguments: [1, 2, 4]) func dimensionsAreThoseOfTheCube(_ dimensions: Int) throws {
    let points = Self.cube(dimensions, count: 400, seed: 3)
    let two = try #require(IntrinsicDimension.twoNearest(of: points, seed: 1))
    let ten = try #require(IntrinsicDimension.likeliest(of: points))
    // Points at the cube's faces have neighbours on one side, which makes both a little less in more dimensions.
    for (name, found) in [("two", two), ("ten", ten)] {
      let error = abs(found.value - Double(dimensions))
      #expect(error < 0.18 * Double(dimensions), "\(name): \(found)")
      let (low, high) = try (#require(found.low), #require(found.high))
      #expect(low < found.value && found.value < high && high - low < 0.3 * found.value)
    }
  }

  /// Each point twice has its neighbours at no distance.
  @Test func repeatedPointsHaveNoDimension() {
    let points = Self.cube(2, count: 20, seed: 3)
    let twice = Points(points.values + points.values, count: 40)
    #expect(IntrinsicDimension.twoNearest(of: twice, seed: 1) == nil)
    #expect(IntrinsicDimension.likeliest(of: twice) == nil)
    #expect(IntrinsicDimension.likeliest(of: Points([1, 2, 3], count: 3)) == nil)
    #expect(IntrinsicDimension.twoNearest(of: Points([1, 2], count: 2), seed: 1) == nil)
  }

  @Test func precisionAndRecallAreWholeOfOneSetAndNothingOfFarOnes() {
    let (here, there) = (
      Self.cube(3, count: 60, seed: 3), Self.cube(3, count: 50, seed: 4, shift: 100)
    )
    let same = SamplePrecision(generated: here, data: here)
    #expect(same.precision.value == 1 && same.recall.value == 1)
    let far = SamplePrecision(generated: there, data: here)
    #expect(far.precision.value == 0 && far.recall.value == 0)
    // What is made of a corner of the data could all be data, and not all data.
    let corner = Points(here.values.map { $0 / 4 }, count: 60)
    let narrow = SamplePrecision(generated: corner, data: here)
    #expect(narrow.recall.value < 0.5 && narrow.precision.value > narrow.recall.value)
  }

  @Test func samplesAreToldApartWhereTheyDiffer() {
    let here = Self.cube(3, count: 201, seed: 3)
    let alike = TwoSampleTest(here, Self.cube(3, count: 240, seed: 4), seed: 5)
    #expect(abs(alike.accuracy.value - 0.5) < 0.12 && alike.pValue > 0.01, "\(alike)")
    let apart = TwoSampleTest(here, Self.cube(3, count: 240, seed: 4, shift: 2), seed: 5)
    #expect(apart.accuracy.value > 0.98 && apart.pValue < 1e-9)
    #expect(apart == TwoSampleTest(here, Self.cube(3, count: 240, seed: 4, shift: 2), seed: 5))
  }

  /// A linear decoder is nowhere steeper than its greatest singular value, and somewhere nearly as steep.
  @Test func aLinearDecoderIsAsSteepAsItsLargestSingularValue() throws {
    let steps = Philox4x32(seed: 3, stream: 1).normals(2 * 500).map(Double.init)
    let pairs = (0..<500).map { (steps[2 * $0], steps[2 * $0 + 1]) }
    let found = try #require(
      Steepness(
        changes: pairs.map { hypot(3 * $0.0, $0.1) }, distances: pairs.map { hypot($0.0, $0.1) }))
    #expect(found.greatest <= 3 + 1e-12 && found.greatest > 2.999)
    // The mean over directions: 2/π times the complete elliptic integral of half the ellipse 3, 1.
    #expect(abs(found.mean.value - 2.1271) < 0.07, "\(found.mean)")
    #expect(Steepness(changes: [1, 2], distances: [0, 0]) == nil)
    #expect(Steepness(changes: [1, 2, 0], distances: [0, 1, 1])?.mean.value == 1)
  }

  /// What stands before the last layer, whatever is added behind it.
  @Test func featuresAreWhatTheLastLayerReads() throws {
    let cast = try Cast()
    let graph = Graph()
    let x = graph.input("images", [Cast.batch, 4, 4, 1])
    let context = ForwardContext(graph, .evaluation)
    let model = try #require(cast.teacher.model as? Classifier)
    let hidden = model.using(context) { model.hidden(x.flatten()).tanh() }
    let weight = graph.constant((0..<24).map { Float($0 % 5) - 2 }, [2, 3, 2, 2])
    let pixels = x.slice(axis: 3, 0..<1).reshape([Cast.batch, 4, 2, 2])
    let maps = pixels.convolution(weight).mean(axes: [1, 2])
    let features = [model(x, in: context), model(x, in: context).logSoftmax() * 2, maps, x].map {
      $0.penultimate
    }
    #expect(features[3].shape == x.shape)
    let found = try cast.run(graph, features[..<3] + [hidden, pixels.globalAveragePool()])
    #expect(found[0] == found[3] && found[1] == found[3] && found[2] == found[4])
    #expect(found[0].count == Cast.batch * 12 && found[2].count == Cast.batch * 2)
  }

  /// The codes that a random search gives are those of its examples.
  @Test func aSearchTellsItsCodes() throws {
    let cast = try Cast()
    let inputs = Cast.inputs()
    let path = try cast.explorer(Exploration(.zero)).explore(
      inputs.example.x, codes: nil, in: inputs)
    let generator = try #require(cast.generator.model as? any Generator)
    let code = try #require(path.codes.last)
    let decoded = generator.using(inputs.context(.evaluation)) { generator.decode(code) }
    let found = try cast.run(inputs.graph, [path.explored, decoded])
    #expect(path.codes.count == 1 && found[0] == found[1])
  }

  @Test func intervalsHoldTheTruthAsOftenAsTheySay() throws {
    var held = (mean: 0, variance: 0, share: 0, bootstrap: 0)
    for seed in 0..<200 {
      let values = Philox4x32(seed: UInt64(seed), stream: 1).uniforms(40).map(Double.init)
      func holds(_ estimate: Estimate, _ truth: Double) -> Int {
        (estimate.low ?? 1) <= truth && truth <= (estimate.high ?? 0) ? 1 : 0
      }
      held.mean += holds(.mean(values), 0.5)
      held.variance += holds(.variance(values), 1.0 / 12)
      held.share += holds(.share(values.count { $0 < 0.3 }, of: 40), 0.3)
      if seed < 100 {
        held.bootstrap += holds(
          .bootstrap(values, seed: 1, draws: 60) { $0.reduce(0, +) / Double($0.count) }, 0.5)
      }
    }
    for count in [held.mean, held.variance, held.share, 2 * held.bootstrap] {
      #expect((172...200).contains(count), "\(held)")
    }
  }

  /// Numbers that numpy computed by the definitions.
  @Test func valuesAreThoseOfOtherCode() throws {
    let path = Goldens.folder + "/bounds/values.json"
    let json = try JSONValue.parse(try FileBytes.read(path)[...], path: path)
    func array(_ json: JSONValue?) throws -> [Double] {
      let elements = try #require(json?.array)
      return elements.compactMap(\.double)
    }
    func points(_ json: JSONValue?, width: Int) throws -> Points {
      let values = try array(json).map(Float.init)
      return Points(values, count: values.count / width)
    }
    func expect(
      _ found: Double?, _ key: String, _ error: Double = 1e-9,
      sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let value = try #require(json[key]?.double)
      let found = try #require(found)
      #expect(
        abs(found - value) <= error, "\(key): \(found)", sourceLocation: sourceLocation)
    }
    let width = try #require(json["width"]?.int)
    let covered = SamplePrecision(
      generated: try points(json["second"], width: width),
      data: try points(json["first"], width: width))
    try expect(covered.precision.value, "precision")
    try expect(covered.recall.value, "recall")
    let ends = try array(json["precisionEnds"])
    #expect(abs(try #require(covered.precision.low) - ends[0]) < 1e-9)
    #expect(abs(try #require(covered.precision.high) - ends[1]) < 1e-9)

    let four = try #require(json["halves"]?.array)
    let halves = try four.map { try points($0, width: 3) }
    let test = TwoSampleTest(known: (halves[0], halves[1]), asked: (halves[2], halves[3]))
    try expect(test.accuracy.value, "accuracy")
    try expect(test.pValue, "pValue")

    // Distances are float32.
    let cloudWidth = try #require(json["cloudWidth"]?.int)
    let cloud = try points(json["cloud"], width: cloudWidth)
    try expect(IntrinsicDimension.twoNearest(of: cloud, seed: 1)?.value, "twoNearest", 1e-4)
    try expect(IntrinsicDimension.likeliest(of: cloud)?.value, "likeliest", 1e-4)
    try expect(
      IntrinsicDimension.likeliest(of: cloud, neighbours: 4)?.value, "likeliestOfFour", 1e-4)

    let values = try array(json["values"])
    let mean = Estimate.mean(values)
    try expect(mean.value, "mean")
    let meanEnds = try array(json["meanEnds"])
    #expect(abs(try #require(mean.low) - meanEnds[0]) < 1e-9)
    #expect(abs(try #require(mean.high) - meanEnds[1]) < 1e-9)
    try expect(Estimate.variance(values).value, "variance")
    let signs = randomSigns(values, seed: 1)
    let all = try #require(json["signs"]?.double)
    let (low, high) = try (#require(signs.low), #require(signs.high))
    #expect(low < all && all < high, "\(signs)")
    let bound = MismatchBound(values, signs: 0.125, gap: 0.0625, greatest: 3)
    try expect(bound.byRange, "byRange")
    try expect(bound.byVariance, "byVariance")
  }
}
