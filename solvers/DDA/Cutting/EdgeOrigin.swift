/// What made an edge of a cut block.
public enum EdgeOrigin: Sendable, Hashable {
  /// The outline of the domain, or of a hole in it.
  case boundary
  /// A cut that ties an island to what is around it: no joint of the rock.
  case bridge
  /// A trace of a joint set, by their numbers in `BlockCutting.jointSets` and in `allTraces()`.
  case jointSet(Int, trace: Int)
  /// A single joint, by its number in `BlockCutting.traces`.
  case trace(Int)
}

/// Who owns an edge on which several lines lie: the domain, then the single joints, then the joint sets, the lower
/// number first, then bridges.
///
/// What was mapped where it lies says more of a joint than what stands for many; a bridge was drawn by nobody.
/// The smallest owner wins.
struct EdgeOwners {
  static let boundary: Int32 = -1, bridge = Int32.max

  /// The joint set of every trace, as far as traces belong to sets; single joints come after them.
  private let sets: [Int]
  private let singles: Int
  /// Laws of joint sets and of single joints.
  private let setLaws: [Int?], traceLaws: [Int?]

  init(_ cutting: BlockCutting, sets: [Int]) {
    self.sets = sets
    singles = cutting.traces.count
    setLaws = cutting.jointSets.map(\.law)
    traceLaws = cutting.traceLaws
  }

  /// The owner that a trace of `allTraces()` is.
  func owner(ofTrace i: Int) -> Int32 {
    Int32(i < sets.count ? singles + i : i - sets.count)
  }

  /// What an owner is.
  func origin(_ owner: Int32) -> EdgeOrigin {
    if owner == EdgeOwners.boundary { return .boundary }
    if owner == EdgeOwners.bridge { return .bridge }
    let i = Int(owner)
    return i < singles ? .trace(i) : .jointSet(sets[i - singles], trace: i - singles)
  }

  /// The law that an owner gives to its edges.
  func law(_ owner: Int32) -> Int? {
    switch origin(owner) {
    case .boundary, .bridge: nil
    case .jointSet(let set, _): setLaws[set]
    case .trace(let i): traceLaws.indices.contains(i) ? traceLaws[i] : nil
    }
  }
}
