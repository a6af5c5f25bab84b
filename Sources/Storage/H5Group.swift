import CHDF5

/// A group of an HDF5 file: a folder of arrays, texts and groups, with attributes.
///
/// Names may be paths (`"a/b"`). Arrays are written and read by the extensions in `H5Array.swift`
/// and `H5Text.swift`, attributes by those in `H5Attribute.swift`. A group must not be used after
/// its file has been committed: that is a `StorageError`.
public struct H5Group: ~Copyable, Sendable {
  let handle: Handle
  /// Path of the file.
  public let file: String
  /// Path of the group inside the file.
  public let path: String

  init(handle: consuming Handle, file: String, path: String) {
    self.handle = consume handle
    self.file = file
    self.path = path
  }

  /// What a group contains.
  public struct Child: Sendable, Equatable {
    /// The kind of an object.
    public enum Kind: Sendable, Equatable {
      /// A group.
      case group
      /// An array of numbers or texts: its shape and the name of its element type, such as
      /// `float64` or `string`.
      case array(shape: [Int], element: String)
      /// A link to elsewhere, which is not followed, or an object that could not be understood.
      case other(String)
    }
    /// Its name in the group.
    public let name: String
    /// Its kind.
    public let kind: Kind

    /// From its parts.
    public init(name: String, kind: Kind) {
      self.name = name
      self.kind = kind
    }
  }

  /// Opens a group that exists.
  /// - Throws: `StorageError` when it is missing or is not a group.
  public func group(_ name: String) throws(StorageError) -> H5Group {
    HDF5.lock()
    defer { HDF5.unlock() }
    guard contains(name) else { throw missing(name, "group") }
    guard let group = Handle(H5Gopen2(handle.id, name, dm_h5p_default())) else {
      throw failure(name, "cannot be opened as a group")
    }
    return H5Group(handle: group, file: file, path: join(name))
  }

  /// Opens a group, and makes it and those on the way to it where they do not exist.
  public func createGroup(_ name: String) throws(StorageError) -> H5Group {
    if contains(name) { return try group(name) }
    HDF5.lock()
    defer { HDF5.unlock() }
    guard let links = HDF5.intermediateGroups(),
      let group = Handle(
        H5Gcreate2(handle.id, name, links.id, dm_h5p_default(), dm_h5p_default()))
    else { throw failure(name, "cannot be created") }
    return H5Group(handle: group, file: file, path: join(name))
  }

  /// Whether something of that name or path exists.
  public func contains(_ name: String) -> Bool {
    HDF5.lock()
    defer { HDF5.unlock() }
    var prefix = ""
    for part in name.split(separator: "/") {
      prefix += prefix.isEmpty ? part : "/\(part)"
      guard H5Lexists(handle.id, prefix, dm_h5p_default()) > 0,
        H5Oexists_by_name(handle.id, prefix, dm_h5p_default()) > 0
      else {
        H5Eclear2(dm_h5e_default())
        return false
      }
    }
    return !prefix.isEmpty
  }

  /// What the group contains, by name in ascending order.
  public func children() throws(StorageError) -> [Child] {
    HDF5.lock()
    defer { HDF5.unlock() }
    var info = H5G_info_t()
    guard H5Gget_info(handle.id, &info) >= 0 else { throw failure("", "cannot be listed") }
    var out: [Child] = []
    for i in 0..<info.nlinks {
      let name = HDF5.name { buffer, size in
        H5Lget_name_by_idx(
          handle.id, ".", H5_INDEX_NAME, H5_ITER_INC, i, buffer, size, dm_h5p_default())
      }
      guard let name else { throw failure("", "cannot be listed") }
      out.append(Child(name: name, kind: kind(of: name)))
    }
    return out
  }

  private func kind(of name: String) -> Child.Kind {
    var link = H5L_info_t()
    guard H5Lget_info(handle.id, name, &link, dm_h5p_default()) >= 0 else {
      return .other("unreadable: \(HDF5.takeErrorMessage())")
    }
    guard link.type == H5L_TYPE_HARD else { return .other("link") }
    guard let object = Handle(H5Oopen(handle.id, name, dm_h5p_default())) else {
      return .other("unreadable: \(HDF5.takeErrorMessage())")
    }
    switch H5Iget_type(object.id) {
    case H5I_GROUP: return .group
    case H5I_DATASET:
      guard let space = Handle(H5Dget_space(object.id)), let type = Handle(H5Dget_type(object.id)),
        let shape = HDF5.shape(of: space.id)
      else { return .other("unreadable: \(HDF5.takeErrorMessage())") }
      return .array(shape: shape, element: HDF5.elementName(of: type.id))
    default: return .other("named type")
    }
  }

  /// The path of a child in the file.
  func join(_ name: String) -> String {
    name.isEmpty ? path : path == "/" ? "/\(name)" : "\(path)/\(name)"
  }

  func missing(_ name: String, _ noun: String) -> StorageError {
    H5Eclear2(dm_h5e_default())
    let here = (try? children().map(\.name)) ?? []
    return StorageError(
      .missing, file: file, path: join(name), what: "there is no such \(noun)",
      remedy: here.isEmpty
        ? "\(path) is empty" : "\(path) has \(here.prefix(12).joined(separator: ", "))")
  }

  func failure(_ name: String, _ what: String) -> StorageError {
    .library(file: file, path: join(name), what)
  }
}

extension HDF5 {
  /// Link properties that make the groups on the way.
  static func intermediateGroups() -> Handle? {
    guard let links = Handle(H5Pcreate(dm_h5p_link_create())),
      H5Pset_create_intermediate_group(links.id, 1) >= 0,
      H5Pset_char_encoding(links.id, H5T_CSET_UTF8) >= 0
    else { return nil }
    return links
  }

  /// `float64`, `int32`, `uint8`, `string`, … of a type.
  static func elementName(of type: hid_t) -> String {
    let bits = H5Tget_size(type) * 8
    switch H5Tget_class(type) {
    case H5T_FLOAT: return "float\(bits)"
    case H5T_INTEGER: return H5Tget_sign(type) == H5T_SGN_NONE ? "uint\(bits)" : "int\(bits)"
    case H5T_STRING: return "string"
    case H5T_ENUM: return "enumeration"
    case H5T_COMPOUND: return "compound"
    default: return "unknown"
    }
  }
}
