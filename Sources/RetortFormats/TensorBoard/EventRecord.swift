/// One record of an event file in the form that TensorBoard reads.
///
/// Source: TensorBoard's
/// [event.proto](https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/event.proto)
/// and `summary.proto`; the frame is TFRecord's.
package struct EventRecord: Equatable, Sendable {
  /// The content of a record.
  package enum Content: Equatable, Sendable {
    /// The first record of a file.
    case version
    /// A process resumes at the record's step; earlier files' records of this step and later ones are void.
    case sessionStart
    /// Scalars by tag.
    case scalars([Scalar])
    /// An image.
    case image(tag: String, PNGImage)
  }

  /// A scalar with its tag.
  package struct Scalar: Equatable, Sendable {
    package var tag: String
    package var value: Double

    package init(_ tag: String, _ value: Double) { (self.tag, self.value) = (tag, value) }
  }

  /// The time in seconds since 1970.
  package var time: Double
  /// The training step, ≥ 0.
  package var step: Int
  /// The content.
  package var content: Content

  package init(time: Double, step: Int, _ content: Content) {
    (self.time, self.step, self.content) = (time, step, content)
  }

  /// The record framed by its length and the checksums of both.
  ///
  /// - Throws: `FormatError` if an image cannot be encoded.
  package func framed() throws(FormatError) -> [UInt8] {
    let data = try message().bytes
    let length = littleEndian(UInt64(data.count))
    return length + littleEndian(CRC32C.masked(length)) + data
      + littleEndian(CRC32C.masked(data))
  }

  private func message() throws(FormatError) -> ProtobufMessage {
    var event = ProtobufMessage()
    event.add(1, time)
    if step > 0 { event.add(2, step) }  // zero is what a reader takes for a missing one
    switch content {
    case .version: event.add(3, "brain.Event:2")
    case .sessionStart:
      var session = ProtobufMessage()
      session.add(1, 1)
      event.add(7, session)
    case .scalars(let scalars):
      var summary = ProtobufMessage()
      for scalar in scalars {
        var value = ProtobufMessage()
        value.add(1, scalar.tag)
        value.add(2, Float(scalar.value))
        summary.add(1, value)
      }
      event.add(5, summary)
    case .image(let tag, let picture):
      var image = ProtobufMessage()
      image.add(1, picture.height)
      image.add(2, picture.width)
      image.add(3, picture.channels)
      image.add(4, try picture.encoded())
      var value = ProtobufMessage()
      value.add(1, tag)
      value.add(4, image)
      var summary = ProtobufMessage()
      summary.add(1, value)
      event.add(5, summary)
    }
    return event
  }
}
