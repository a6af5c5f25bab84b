/// What takes part in a coupling: a solver, a closed form, a learned model, or a type of the user's own.
///
/// A participant has borders, offers fields on them (`write`), and goes forward in time under the fields that it is given there
/// (`advance`). Where a window may be repeated (implicit schemes, rejected windows) it also gives its state away and takes it
/// back, bit for bit. Nothing here asks what it is inside: an answer from a table is as good as one from an iteration.
///
/// Signs: `force` and `traction` on a border act *on* the participant. Values are `[point * width + component]`, SI units.
public protocol Participant {
  /// Everything that changes as time goes forward. `Never` (with the defaults below) where it cannot be repeated.
  associatedtype Checkpoint: Codable = Never

  /// Unique in a coupling.
  var name: String { get }
  /// Its borders, each with the fields that it reads and writes.
  var borders: [Border] { get }
  /// The longest step that it takes at a time, s; it is asked for equal steps no longer than this. Infinite: the whole window.
  var longestStep: Double { get }

  /// Learns, before the first step, what acts on a border.
  /// - Throws: `CouplingError` where it cannot.
  mutating func prepare(_ role: BorderRole, on border: String) throws(CouplingError)
  /// All borders have been prepared: what is to be built is built.
  /// - Throws: `CouplingError` where nothing can be built so.
  mutating func begin() throws(CouplingError)
  /// Goes forward by dt, s, under the data on its borders; nil where it did, otherwise one line that says why not.
  /// It may then be left in any state.
  mutating func advance(by dt: Double, under data: BorderData) -> String?
  /// A field on a border, as it is now.
  func write(_ field: Field, on border: String) -> [Double]

  /// The present state; nil where there is no way back.
  func checkpoint() -> Checkpoint?
  /// Goes back to a state, bit for bit.
  mutating func restore(_ checkpoint: Checkpoint)
  /// Whether a state that comes from a file is one of its own.
  func canRestore(_ checkpoint: Checkpoint) -> Bool
  /// What a border opposes to displacements, N/m, in a step of this length (with inertia, in motion): the best impedance for
  /// the other side if it is the whole matrix, a good one if it is the diagonal alone. Nil where it is not known.
  func borderStiffness(on border: String, step dt: Double) -> BorderStiffness?
}

extension Participant {
  /// The whole window at a time.
  public var longestStep: Double { .infinity }
  /// Takes any role without preparation, but for an elastic border.
  public mutating func prepare(_ role: BorderRole, on border: String) throws(CouplingError) {
    if case .elastic = role {
      throw CouplingError(
        "participant '\(name)'", "cannot put springs on its border '\(border)'",
        "take the exchange dirichlet-neumann")
    }
  }
  /// Nothing to build.
  public mutating func begin() throws(CouplingError) {}
  /// Takes any state of the right type.
  public func canRestore(_ checkpoint: Checkpoint) -> Bool { true }
  /// Not known.
  public func borderStiffness(on border: String, step dt: Double) -> BorderStiffness? { nil }
}

extension Participant where Checkpoint == Never {
  /// There is no way back.
  public func checkpoint() -> Never? { nil }
  /// Never called.
  public mutating func restore(_ checkpoint: Never) {}
}

extension Participant where Self: Codable, Checkpoint == Self {
  /// The participant itself.
  public func checkpoint() -> Self? { self }
  /// Becomes what it was.
  public mutating func restore(_ checkpoint: Self) { self = checkpoint }
}

/// A quantity on a border, by its name.
public struct Field: Sendable, Hashable, Codable, ExpressibleByStringLiteral,
  CustomStringConvertible
{
  /// The name in case files and results.
  public let name: String
  /// Any name.
  public init(_ name: String) { self.name = name }
  /// Any name.
  public init(stringLiteral name: String) { self.name = name }
  /// The name.
  public var description: String { name }

  /// m, from the undeformed state.
  public static let displacement = Field("displacement")
  /// m/s.
  public static let velocity = Field("velocity")
  /// Of points, N, acting on the participant.
  public static let force = Field("force")
  /// Pa, acting on the participant.
  public static let traction = Field("traction")
  /// g of an elastic border, N: the force on the participant is g − R u.
  public static let elastic = Field("elastic")
  /// Of a global model: what its part outside the local model takes from the points of the border, N.
  public static let complement = Field("complement")
}

/// Part of a participant's boundary, or of its inside, at which others act or listen.
public struct Border: Sendable, Equatable {
  /// Points and facets; the border has the name of its mesh.
  public var mesh: InterfaceMesh
  /// What it can be given, and what it offers.
  public var reads: [Field], writes: [Field]
  /// Components of every field per point.
  public var width: Int
  /// Whether springs on it may act between its values; otherwise each on its own.
  public var takesFullSprings: Bool

  /// As many components as space has dimensions unless given.
  public init(
    _ mesh: InterfaceMesh, reads: [Field], writes: [Field], width: Int? = nil,
    takesFullSprings: Bool = true
  ) {
    self.takesFullSprings = takesFullSprings
    (self.mesh, self.reads, self.writes) = (mesh, reads, writes)
    self.width = width ?? mesh.dimension
  }

  /// Numbers in a field.
  public var count: Int { width * mesh.points.count }
}

/// What acts on a border.
public enum BorderRole: Sendable, Equatable {
  /// Its displacement is given (Dirichlet).
  case guided
  /// Forces are given (Neumann), or any other field.
  case loaded
  /// Springs R and the load g on them (Robin): force on the participant = g − R u.
  case elastic(BorderStiffness)
}

/// A symmetric matrix on the values of a border, N/m: entries of its upper triangle.
public struct BorderStiffness: Sendable, Equatable, Codable {
  /// Row, column (not smaller) and value.
  public struct Entry: Sendable, Equatable, Codable {
    /// Place in the matrix; N/m.
    public var row: Int, column: Int, value: Double
    /// By its parts.
    public init(_ row: Int, _ column: Int, _ value: Double) {
      (self.row, self.column, self.value) = (row, column, value)
    }
  }
  /// Sorted, each place once.
  public let entries: [Entry]

  /// Adds up entries of the same place; those below the diagonal are taken as their mirror images.
  public init(_ entries: [Entry]) {
    var sums: [SIMD2<Int>: Double] = [:]
    for e in entries {
      sums[SIMD2(min(e.row, e.column), max(e.row, e.column)), default: 0] += e.value
    }
    self.entries = sums.map { Entry($0.key.x, $0.key.y, $0.value) }
      .sorted { ($0.row, $0.column) < ($1.row, $1.column) }
  }

  /// Whether it couples nothing.
  public var isDiagonal: Bool { entries.allSatisfy { $0.row == $0.column } }

  /// Each value on its own.
  public init(diagonal: [Double]) {
    self.init(diagonal.enumerated().map { Entry($0, $0, $1) })
  }

  /// A whole symmetric matrix, row by row.
  public init(matrix: [Double], count n: Int) {
    var entries: [Entry] = []
    for i in 0..<n { for j in i..<n { entries.append(Entry(i, j, matrix[i * n + j])) } }
    self.init(entries)
  }

  /// Its diagonal alone.
  public var diagonal: BorderStiffness { BorderStiffness(entries.filter { $0.row == $0.column }) }

  /// Entry by entry.
  public static func + (a: BorderStiffness, b: BorderStiffness) -> BorderStiffness {
    BorderStiffness(a.entries + b.entries)
  }

  /// R u.
  public func times(_ u: [Double]) -> [Double] {
    var out = [Double](repeating: 0, count: u.count)
    for e in entries {
      out[e.row] += e.value * u[e.column]
      if e.row != e.column { out[e.column] += e.value * u[e.row] }
    }
    return out
  }
}

/// The fields that act on a participant's borders in a step, at any time in it.
public struct BorderData: Sendable {
  /// Beginning and end of the step, s.
  public let start: Double, end: Double
  let waves: [Key: Waveform]

  struct Key: Hashable, Sendable {
    let border: String, field: Field
  }

  /// Values of a field on a border at a time, the end of the step unless given; empty where nothing of the kind acts there.
  public func callAsFunction(_ field: Field, on border: String, at time: Double? = nil) -> [Double]
  {
    waves[Key(border: border, field: field)]?.value(at: time ?? end) ?? []
  }
}
