import RetortFormats

extension PictureDataset {
  /// The pictures in the folder at `path` that models are measured on.
  ///
  /// - Parameters:
  ///   - path: A folder with one for each class, or with parts, of which the test part is taken, or that for
  ///     validation where there is none.
  ///   - fit: The size that pictures are brought to.
  ///   - classNames: The names of the classes; nil for those of the folders.
  /// - Throws: `DataError` for a folder that is no class, and with a list for pictures that cannot be read.
  package init(folder path: String, fit: PictureFit, classNames: [String]?) throws(DataError) {
    let found = try PictureFolder(path).pictures
    let pictures = found[.test] ?? found[.validation] ?? found[.training] ?? []
    let store = PictureStore(pictures.map { ImageSource($0.path) }, fit: fit, keeping: 0)
    _ = try PictureCheck.unusable(store, in: path, skips: false)
    try self.init(
      name: path, store, members: Array(pictures.indices), pictures: pictures,
      classNames: classNames ?? Set(pictures.map(\.label)).sorted())
  }
}
