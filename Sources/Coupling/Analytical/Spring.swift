/// A spring without mass between two neighbours: k (u₁ − u₂) holds its first end, the opposite its second.
///
/// Its ends are given displacements and write the forces on the spring itself, as every border does; a neighbour has them
/// with their sign turned.
public struct Spring: Participant, Codable {
  /// All of it is its state.
  public typealias Checkpoint = Self

  /// Name, N/m, s.
  public let name: String, stiffness: Double, longestStep: Double
  /// Displacement of its ends, m.
  private var ends: [Double]

  /// Names of its borders.
  private static let borderNames = ["first", "second"]

  /// - Parameters:
  ///   - longestStep: as long as its neighbours', so that they see its force in their steps.
  ///   - ends: displacement of both ends at the start, m: neighbours that start displaced must agree with it.
  public init(
    name: String, stiffness: Double, longestStep: Double = .infinity,
    ends: (first: Double, second: Double) = (0, 0)
  ) {
    precondition(stiffness > 0 && stiffness.isFinite, "\(name): a stiffness of \(stiffness) N/m")
    (self.name, self.stiffness, self.longestStep) = (name, stiffness, longestStep)
    self.ends = [ends.first, ends.second]
  }

  /// One point, one component each.
  public var borders: [Border] {
    Spring.borderNames.map { name in
      Border(
        InterfaceMesh(name: name, dimension: 2, points: [.zero], cells: []),
        reads: [.displacement], writes: [.displacement, .force], width: 1)
    }
  }

  /// Follows its ends.
  public mutating func advance(by dt: Double, under data: BorderData) -> String? {
    for (n, name) in Spring.borderNames.enumerated() {
      if let u = data(.displacement, on: name).first { ends[n] = u }
    }
    return nil
  }

  /// Displacement of an end, or the force on it.
  public func write(_ field: Field, on border: String) -> [Double] {
    let (own, other) = border == "first" ? (ends[0], ends[1]) : (ends[1], ends[0])
    return field == .displacement ? [own] : [stiffness * (own - other)]
  }

  /// ½ k (u₂ − u₁)², J.
  public var energy: Double { 0.5 * stiffness * (ends[1] - ends[0]) * (ends[1] - ends[0]) }
}
