import RetortCore
import RetortFormats
import RetortNN

/// Models as ONNX files that other programs run, for batches of any size.
///
/// A classifier or discriminator reads `input`, float32 `[batch, channels, height, width]`, or `input_ids` and
/// `attention_mask`, int64 `[batch, sequence]`, and gives `logits`, or a text's `embedding`; a discriminator of pairs reads
/// `latent` too. A decoder, also that of an autoencoder,
/// reads `latent` and gives `image`, `[batch, channels, height, width]` in the range of the data.
///
/// Weights have PyTorch's names and layouts.
public enum ONNXExport {
  /// The file of a model.
  ///
  /// - Parameters:
  ///   - store: The model, in evaluation mode.
  ///   - examples: What it reads; decoders take no notice.
  ///   - weights: Its weights, under PyTorch's names; others are left out.
  ///   - version: Retort's.
  ///   - metadata: What else the file says.
  ///   - output: What the file computes of examples, in evaluation mode; the model's output if left out.
  /// - Throws: `ExportError` for an operation that ONNX has not, or one that holds for one number of
  ///   examples only; weights that are missing.
  public static func model(
    of store: ParameterStore, for examples: ExampleSpec, weights: [NamedWeights],
    version: String, metadata: ONNXMetadata = ONNXMetadata(),
    output build: ((Example, Graph) -> Tensor)? = nil
  ) throws(ExportError) -> ONNXModel {
    let decoder = store.model as? any LatentDecoder
    let trace = try BatchTrace { graph, batch in
      let context = ForwardContext(graph, .evaluation)
      func codes(_ shape: Shape) -> Tensor {
        graph.input("latent", Shape([batch] + shape.dimensions))
      }
      if let decoder {
        return decoder.using(context) { decoder.decode(codes(decoder.latentShape)) }
      }
      let inputs = examples.inputs(in: graph, batch: batch)
      if let judge = store.model as? any PairDiscriminator {
        return judge.using(context) { judge.judge(inputs.x, codes(judge.latentShape)) }
      }
      return build?(inputs, graph) ?? store.model(inputs, in: context)
    }
    let inputs = trace.graph.inputs.map { name, node in
      value(named: name, trace.graph.nodes[Int(node)])
    }
    // A student may stand within the adapters of its losses.
    let models = [store.model] + store.model.children.map(\.module)
    let embeds = models.contains { $0 is SentenceBERT }
    let output = decoder != nil ? "image" : embeds ? "embedding" : "logits"
    let translation = try ONNXTranslation(
      ExportedPlan(trace, ExportedParameters(store)), of: store, inputs: inputs,
      reserved: [output])
    let rank = trace.extents[Int(trace.output)].count
    let layout = rank == 4 ? ExportedLayout.channelsFirst : .plain(rank)
    let result = try translation.tensor(trace.output, layout, .number)
    translation.rename(result, to: output, for: trace.output)
    return ONNXModel(
      producer: "retort", producerVersion: version, metadata: metadata.entries,
      inputs: zip(inputs, trace.graph.inputs).map { value, input in
        info(value, trace.extents[Int(input.node)], trace.graph.nodes[Int(input.node)].shape)
      },
      outputs: [
        info(
          ExportedValue(name: output, layout: layout), trace.extents[Int(trace.output)], .scalar)
      ],
      nodes: translation.nodes,
      initialisers: try tensors(of: translation, store, weights) + translation.constants)
  }

  /// The value in files of an input of the graph.
  private static func value(named name: String, _ node: Node) -> ExportedValue {
    let names = ["image": "input", "tokens": "input_ids", "mask": "attention_mask"]
    return ExportedValue(
      name: names[name] ?? name,
      layout: node.shape.rank == 4 ? .channelsFirst : .plain(node.shape.rank),
      kind: node.dtype == .float32 ? .number : .integer)
  }

  private static func info(
    _ value: ExportedValue, _ extents: [BatchExtent], _ shape: Shape
  ) -> ONNXValueInfo {
    // An input that nothing reads has no extents that are known to follow the batch, but its first does.
    let known =
      extents.isEmpty ? [.batch(1)] + shape.dimensions.dropFirst().map { .fixed($0) } : extents
    return ONNXValueInfo(
      value.name, value.kind == .integer ? .int64 : .float32,
      value.layout.stored(known).map { extent in
        switch extent {
        case .fixed(let count): .fixed(count)
        case .batch(1): .free("batch")
        case .batch(let times): .free("\(times)*batch")
        }
      })
  }

  /// The weights that nodes read, in the model's order.
  private static func tensors(
    of translation: ONNXTranslation, _ store: ParameterStore, _ weights: [NamedWeights]
  ) throws(ExportError) -> [(name: String, tensor: HostTensor)] {
    let given = Dictionary(weights.map { ($0.name, $0) }) { first, _ in first }
    var found: [(name: String, tensor: HostTensor)] = []
    for parameter in store.all where translation.weights.contains(parameter.path) {
      guard let entry = given[parameter.path],
        entry.shape == parameter.layout.frameworkShape(parameter.shape)
      else { throw .missingWeights(parameter.path) }
      found.append((entry.name, HostTensor(shape: entry.shape, floats: entry.values)))
    }
    return found
  }
}
