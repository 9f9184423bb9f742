import RetortFormats
import RetortModels
import RetortNN

/// Writes random weights of a model of the catalog for pictures of 28×28 to a safetensors file.
///
/// - Returns: The number of the model's parameters.
@discardableResult
func writeRandomWeights(
  of model: String, _ options: [String: Double] = [:], classes: Int = 10, to path: String
) throws -> Int {
  let image = ExampleSpec.image(ImageSize(height: 28, width: 28, channels: 1))
  let store = ParameterStore(
    try ModelCatalog.make(model, options: options, for: image, classes: classes), name: model)
  var file = Safetensors(tensors: [:])
  for entry in store.exported(store.initialWeights(seed: 2)) {
    file.tensors[entry.name] = HostTensor(shape: entry.shape, floats: entry.values)
  }
  try file.write(to: path)
  return store.parameterCount
}
