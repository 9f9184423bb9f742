import RetortCPU
import RetortTestSupport
import Testing

@testable import RetortCore

/// Sizes that no machine has: they are found before anything is multiplied or allocated.
@Suite struct SizeTests {
  @Test func countsDoNotOverflow() {
    let huge = Shape([1 << 31, 1 << 31, 1 << 31])
    #expect(huge.count == 1 << 44 && !huge.isCountable)
    #expect(Shape([1 << 31, 1 << 31, 1 << 31, 0]).count == 0)
    #expect(!Shape([1 << 31, 1 << 31, 0]).isCountable, "part of it may be multiplied")
    #expect(Shape([1 << 20, 1 << 20]).count == 1 << 40)
    #expect(Shape([1 << 20, 1 << 20]).isCountable)
    #expect(!Shape([1 << 31]).isCountable)
    #expect(Shape(checking: [2, 3])?.count == 6)
    #expect(Shape(checking: [-1]) == nil)
    #expect(Shape(checking: [1 << 40]) == nil)
    #expect(Shape(checking: Array(repeating: 1, count: 9)) == nil)
    #expect(Int.max.saturatingSum(1) == .max && (1 << 40).saturatingProduct(1 << 40) == .max)
  }

  @Test func aGraphTakesNoSuchValue() {
    func fault(_ build: (Graph) -> Tensor) -> Bool {
      let graph = Graph()
      _ = build(graph)
      return graph.error != nil
    }
    let tall: Shape = [1 << 30, 1]
    let wide: Shape = [1, 1 << 30]
    #expect(fault { $0.input("x", tall).matmul($0.input("y", wide)) })
    #expect(fault { $0.input("x", tall) + $0.input("y", wide) })
    #expect(fault { $0.input("x", [1, 1 << 16, 1 << 16]).flatten() })
    #expect(fault { $0.input("x", [1 << 30]).pad(low: [1 << 30], high: [1 << 30]) })
    #expect(fault { $0.input("x", [0, 1 << 30, 1 << 30]).flatten(from: 0) })
    let image: Shape = [1, 8, 8, 1]
    for geometry in [
      Convolution(stride: .max), Convolution(padding: .max), Convolution(dilation: .max),
      Convolution(padding: -1), Convolution(stride: 0), Convolution(groups: .max),
    ] {
      #expect(fault { $0.input("x", image).convolution($0.input("w", [1, 3, 3, 1]), geometry) })
      #expect(
        fault {
          $0.input("x", image).transposedConvolution($0.input("w", [1, 3, 3, 1]), geometry)
        })
    }
    #expect(fault { $0.input("x", image).maxPool(Pooling(window: 1, stride: .max)) })
    #expect(fault { $0.input("x", image).adaptiveAveragePool(height: 1 << 40, width: 3) })
  }

  @Test func whatCannotFitIsRefusedBeforeItIsAllocated() throws {
    let device = FailingBackend(CPUBackend(), memoryByteCount: 1 << 20)
    let session = Session(device)
    let small = Variable(name: "small", count: 1000)
    _ = try session.buffer(small)
    let calls = device.account.calls
    let large = Variable(name: "large", count: 1 << 18)
    let error = try #require(throws: BackendError.self) { try session.buffer(large) }
    #expect(
      "\(error)" == "keeping 'large' needs at least 1 MiB, and \(device.name) has 1 MiB; use a "
        + "smaller batch or model, or another device")
    let graph = Graph()
    let x = graph.input("x", [1 << 10, 1 << 10])
    #expect(throws: BackendError.self) { try session.compile(graph, outputs: [x.softmax()]) }
    #expect(device.account.calls == calls, "nothing was asked of the device")
  }

  @Test func theProcessorHasNoMoreThanTheMachine() throws {
    #expect(HostMemory.byteCount > 1 << 26 && HostMemory.available <= HostMemory.byteCount)
    let backend = CPUBackend()
    #expect(throws: BackendError.self) { try backend.makeBuffer(count: 1 << 50, dtype: .float32) }
    #expect(throws: BackendError.self) { try HostMemory.require(1 << 60, for: "a test") }
    try HostMemory.require(1 << 10, for: "a test")
  }
}
