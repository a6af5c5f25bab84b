import CHDF5

extension H5Group {
  /// Writes texts, such as names of probes.
  ///
  /// They are stored at a fixed length, that of the longest, in UTF-8: unlike texts of variable
  /// length these are covered by checksums. Zero bytes inside a text end it.
  /// - Throws: `StorageError` when the name exists or the file cannot be written.
  public func write(
    _ name: String, _ texts: [String], shape: [Int]? = nil
  ) throws(StorageError) {
    let shape = shape ?? [texts.count]
    precondition(
      shape.reduce(1, *) == texts.count, "\(texts.count) texts do not have shape \(shape)")
    HDF5.lock()
    defer { HDF5.unlock() }
    let width = max(1, texts.map(\.utf8.count).max() ?? 1)
    guard let type = HDF5.textType(width: width, ascii: false) else {
      throw failure(name, "cannot be created")
    }
    let dataset = try create(name, shape: shape, type: type.id, size: width)
    guard
      texts.isEmpty
        || HDF5.writeFixed(texts, width: width, type: type.id, to: dataset.id, .dataset)
    else { throw failure(name, "cannot be written") }
    guard dataset.close() else { throw failure(name, "cannot be written") }
  }

  /// Writes one text, such as the input file that produced a result.
  public func write(_ name: String, text: String) throws(StorageError) {
    // A single value has no chunks, so a long text is stored as a list of one.
    try write(name, [text], shape: text.utf8.count <= compactLimit ? [] : [1])
  }

  /// Reads texts and their shape, of fixed or variable length.
  /// - Throws: `StorageError` for a missing or damaged array, or one that does not hold texts.
  public func readStrings(
    _ name: String
  ) throws(StorageError) -> (values: [String], shape: [Int]) {
    HDF5.lock()
    defer { HDF5.unlock() }
    let dataset = try openArray(name)
    guard let space = Handle(H5Dget_space(dataset.id)), let shape = HDF5.shape(of: space.id),
      let type = Handle(H5Dget_type(dataset.id))
    else { throw failure(name, "has no readable shape") }
    guard H5Tget_class(type.id) == H5T_STRING else {
      throw mismatch(name, "holds elements of type \(HDF5.elementName(of: type.id)), not text")
    }
    let count = try checkedCount(
      name, shape: shape, dataset: dataset.id, elementSize: H5Tget_size(type.id))
    guard
      let texts = HDF5.readTexts(
        count, type: type.id, space: space.id, from: dataset.id, .dataset)
    else { throw failure(name, "cannot be read") }
    return (texts, shape)
  }

  /// Reads one text.
  public func readText(_ name: String) throws(StorageError) -> String {
    let (values, shape) = try readStrings(name)
    guard values.count == 1 else { throw mismatch(name, "has shape \(shape), not one text") }
    return values[0]
  }
}

extension HDF5 {
  /// A text type of `width` bytes, or of variable length when nil.
  static func textType(width: Int?, ascii: Bool) -> Handle? {
    guard let type = Handle(H5Tcopy(dm_h5t_c_s1())),
      H5Tset_size(type.id, width ?? dm_h5t_variable()) >= 0,
      H5Tset_cset(type.id, ascii ? H5T_CSET_ASCII : H5T_CSET_UTF8) >= 0,
      width == nil || H5Tset_strpad(type.id, H5T_STR_NULLPAD) >= 0
    else { return nil }
    return type
  }

  /// Reads `count` texts of either kind.
  static func readTexts(
    _ count: Int, type: hid_t, space: hid_t, from id: hid_t, _ cell: Cell
  ) -> [String]? {
    let variable = H5Tis_variable_str(type)
    guard variable >= 0 else { return nil }
    if variable > 0 { return readVariable(count, type: type, space: space, from: id, cell) }
    let width = H5Tget_size(type)
    guard width > 0 else { return nil }
    let texts = readFixed(count, width: width, type: type, from: id, cell)
    guard H5Tget_strpad(type) == H5T_STR_SPACEPAD else { return texts }
    return texts?.map { text in
      String(text.reversed().drop { $0 == " " }.reversed())
    }
  }
}
