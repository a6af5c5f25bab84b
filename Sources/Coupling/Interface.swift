/// Two borders that belong together, and what goes over them.
public struct Interface: Sendable {
  /// A participant's border.
  public struct End: Sendable, Equatable, CustomStringConvertible {
    /// Names.
    public var participant: String, border: String
    /// By names.
    public init(_ participant: String, _ border: String) {
      (self.participant, self.border) = (participant, border)
    }
    /// participant.border
    public var description: String { "\(participant).\(border)" }
  }

  /// Name in results; the two ends.
  public var name: String, first: End, second: End
  /// What goes over.
  public var exchange: Exchange
  /// How values get from points to points where meshes do not match.
  public var mapping: Transfer.Kind
  /// How far the borders may be apart beside the size of their facets; nil: as `Transfer` decides.
  public var gapTolerance: Double?

  /// Robin–Robin through a mortar unless said.
  public init(
    _ first: End, _ second: End, exchange: Exchange = .robin(.automatic), name: String? = nil,
    mapping: Transfer.Kind = .mortar, gapTolerance: Double? = nil
  ) {
    (self.first, self.second, self.exchange) = (first, second, exchange)
    self.name = name ?? "\(first)-\(second)"
    (self.mapping, self.gapTolerance) = (mapping, gapTolerance)
  }
}

/// What goes over an interface.
public enum Exchange: Sendable {
  /// The guided end has the displacement of the other one, which has the forces of the guided end, with their sign turned.
  case dirichletNeumann(guided: Side)
  /// Springs on both ends, each with the load that makes displacements equal and forces opposite when all is settled
  /// (`RobinExchange`): no end is master, and neither must be softer or lighter than the other.
  case robin(Impedance)
  /// The second end, the outer boundary of one model, has the displacement of the first, inside another (Schwarz's
  /// alternating method needs one interface each way). In motion it keeps energy on matching meshes only: on others that of a
  /// wave grows with every passage, without bound.
  case overlapping
  /// Allix and Gosselet's: the first end, inside a coarse global model, is loaded by what its outside and the local model lack
  /// in balance; the second, the local model's boundary, has the global displacement (Gosselet, Blanchard, Allix & Guguin, Adv.
  /// Model. Simul. Eng. Sci. 5 (2018) 4).
  case globalLocal
  /// Any fields.
  case fields([Flow])

  /// An end of an interface.
  public enum Side: String, Sendable, CaseIterable { case first, second }
}

/// One field that goes from one end to the other.
public struct Flow: Sendable {
  /// What is written, and as what it is read.
  public var field: Field, target: Field
  /// The end that writes.
  public var from: Exchange.Side
  /// Whether sums are kept (forces) rather than values.
  public var isConservative: Bool
  /// Factor on the way.
  public var factor: Double

  /// Values as they are unless said.
  public init(
    _ field: Field, from: Exchange.Side, as target: Field? = nil, isConservative: Bool = false,
    factor: Double = 1
  ) {
    (self.field, self.from, self.target) = (field, from, target ?? field)
    (self.isConservative, self.factor) = (isConservative, factor)
  }
}

/// The springs of a Robin exchange.
public enum Impedance: Sendable, Equatable {
  /// The coarser end has what the finer one opposes to displacements (`Participant.borderStiffness`), the finer one the diagonal
  /// of that.
  case automatic
  /// Springs of so much per area at both ends, N/m³ (in motion ρ c γ/(β dt) is the impedance of a wave that meets the border).
  case perArea(Double)
}
