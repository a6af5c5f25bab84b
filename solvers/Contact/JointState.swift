/// What a contact does.
public enum JointState: UInt8, Sendable, CaseIterable, Codable {
  /// Apart, or without force.
  case open
  /// Pressed together and sliding.
  case sliding
  /// Pressed together (or bonded) and stuck.
  case locked
}

/// Who touches whom: a corner of one block and an edge of another, the same from step to step.
public struct ContactKey: Sendable, Hashable, Comparable, Codable {
  /// The four numbers in one, ordered by block of the corner, corner, block of the edge, edge.
  public let packed: UInt64

  /// At most 2²⁰ blocks with 2¹² corners each.
  public init(vertexBlock: Int, vertex: Int, edgeBlock: Int, edge: Int) {
    packed =
      UInt64(vertexBlock) << 44 | UInt64(vertex) << 32 | UInt64(edgeBlock) << 12 | UInt64(edge)
  }

  /// Block that the corner belongs to, and the corner's number.
  public var vertexBlock: Int { Int(packed >> 44) }
  /// Number of the corner.
  public var vertex: Int { Int(packed >> 32 & 0xFFF) }
  /// Block that the edge belongs to.
  public var edgeBlock: Int { Int(packed >> 12 & 0xFFFFF) }
  /// Number of the edge: from vertex `edge` to the next.
  public var edge: Int { Int(packed & 0xFFF) }

  /// The same for all contacts of one corner with one block.
  public var cornerAndBlock: UInt64 { packed >> 12 }

  /// By the packed number.
  public static func < (a: ContactKey, b: ContactKey) -> Bool { a.packed < b.packed }
}

/// What a contact remembers from step to step.
public struct ContactMemory: Sendable, Equatable, Codable {
  /// Open, sliding or locked.
  public var state = JointState.open
  /// Whether cohesion and tensile strength are still there.
  public var isBonded = false
  /// Normal force (compression positive) and shear force on the corner's block along the edge, N.
  public var normal = 0.0, shear = 0.0
  /// Length of slip so far, m; slip rate of the last step, m/s.
  public var slip = 0.0, slipRate = 0.0
  /// The law's own variable (for instance the state of a rate-and-state law).
  public var variable = 0.0

  /// Open and without history.
  public init() {}
}
