import ConstitutiveManifold
import Manifold
import Storage

/// How far a law may be trusted: conformal bands and an ensemble, as its file holds them.
///
/// Groups of the law's file:
///
///     bands      @method (split, cross-conformal), @level, @scale_exponent, @scale_floor
///       scores [n], folds [n], members/k (laws, as group `law` has them)
///     ensemble   @variation (bootstrap, starts, posterior), @seed, @share
///       members/k
public struct LawTrust: Sendable {
  /// Conformal bands; nil where the data were too few.
  public var bands: ErrorBands?
  /// Members that the data allow; nil unless asked for.
  public var ensemble: Ensemble?

  /// Nothing known unless given.
  public init(bands: ErrorBands? = nil, ensemble: Ensemble? = nil) {
    self.bands = bands
    self.ensemble = ensemble
  }

  /// Bands from points kept for it, or else from folds: those of the fit, or of fitting a classical law
  /// again without each.
  init(
    _ result: FitResult, _ tests: [HomogeneousTest], fit: ConstitutiveFit,
    calibration: [HomogeneousTest]
  ) {
    guard calibration.isEmpty else {
      self.init(bands: ErrorBands(splitting: result.law, calibration: calibration))
      return
    }
    var validation = result.crossValidation
    if validation == nil, fit.family != .learned {
      validation = try? fit.crossValidation(tests, after: result)
    }
    // Tests that came after those of the cross-validation were held out.
    self.init(bands: validation.flatMap { ErrorBands($0, Array(tests.prefix($0.folds.count))) })
  }

  /// One line for people; nil where nothing is known.
  var summary: String? {
    var parts: [String] = []
    if let bands {
      let how =
        bands.method == .split
        ? "split-conformal, \(bands.scores.count) stresses kept from the fit"
        : "cross-conformal, \(bands.scores.count) stresses in \(bands.members.count) folds"
      parts.append("\(Show.number(100 * bands.level)) % bands (\(how))")
    }
    if let ensemble {
      parts.append("an ensemble of \(ensemble.members.count) (\(ensemble.variation.rawValue))")
    }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }
}

extension LawTrust {
  /// Writes the groups.
  func write(to root: borrowing H5Group) throws(StorageError) {
    if let bands {
      let group = try root.createGroup("bands")
      try group.setAttribute("method", bands.method.rawValue)
      try group.setAttribute("level", bands.level)
      try group.setAttribute("scale_exponent", bands.scale.exponent)
      try group.setAttribute("scale_floor", bands.scale.floor)
      try group.write("scores", bands.scores)
      try group.write("folds", bands.folds.map { Int64($0) })
      try LawTrust.write(bands.members, to: group)
    }
    if let ensemble {
      let group = try root.createGroup("ensemble")
      try group.setAttribute("variation", ensemble.variation.rawValue)
      try group.setAttribute("seed", Int(truncatingIfNeeded: ensemble.seed))
      try group.setAttribute("share", ensemble.share)
      try LawTrust.write(ensemble.members, to: group)
    }
  }

  private static func write(
    _ members: [Law], to group: borrowing H5Group
  ) throws(StorageError) {
    for (k, law) in members.enumerated() {
      try LawGroup.write(law, to: group.createGroup("members/\(k)"))
    }
  }

  /// Reads the groups; nil where a file has neither.
  static func read(_ root: borrowing H5Group) throws -> LawTrust? {
    var out = LawTrust()
    if root.contains("bands") { out.bands = try readBands(root.group("bands")) }
    if root.contains("ensemble") { out.ensemble = try readEnsemble(root.group("ensemble")) }
    return out.bands == nil && out.ensemble == nil ? nil : out
  }

  private static func readBands(_ group: borrowing H5Group) throws -> ErrorBands {
    guard let method = ErrorBands.Method(rawValue: try group.stringAttribute("method")) else {
      throw LawGroup.damaged(group, "its method is unknown")
    }
    let scores = try group.readDoubles("scores").values
    let folds = try group.read("folds", as: Int64.self).values.map { Int($0) }
    let members = try readMembers(group)
    let level = try group.doubleAttribute("level")
    let exponent = try group.doubleAttribute("scale_exponent")
    let floor = try group.doubleAttribute("scale_floor")
    guard level > 0, level < 1, exponent >= 0, exponent.isFinite, floor > 0, floor.isFinite
    else { throw LawGroup.damaged(group, "its level or scale is out of range") }
    switch method {
    case .split:
      guard folds.isEmpty, members.isEmpty else {
        throw LawGroup.damaged(group, "split bands have folds")
      }
    case .crossConformal:
      guard folds.count == scores.count, folds.allSatisfy(members.indices.contains) else {
        throw LawGroup.damaged(group, "a score has no fold")
      }
    }
    return ErrorBands(
      method: method, scores: scores, folds: folds, members: members,
      scale: ResidualScale(exponent: exponent, floor: floor), level: level)
  }

  private static func readEnsemble(_ group: borrowing H5Group) throws -> Ensemble {
    let members = try readMembers(group)
    guard let variation = Ensemble.Variation(rawValue: try group.stringAttribute("variation")),
      members.count > 1
    else { throw LawGroup.damaged(group, "it is no ensemble") }
    let seed = UInt64(truncatingIfNeeded: try group.intAttribute("seed"))
    let share = group.hasAttribute("share") ? try group.doubleAttribute("share") : 1
    guard share > 0, share.isFinite else {
      throw LawGroup.damaged(group, "its share is out of range")
    }
    return Ensemble(members: members, variation: variation, seed: seed, share: share)
  }

  private static func readMembers(_ group: borrowing H5Group) throws -> [Law] {
    guard group.contains("members") else { return [] }
    let folder = try group.group("members")
    var laws: [Law] = []
    for k in try folder.children().indices {
      laws.append(try LawGroup.read(folder.group("\(k)")))
    }
    return laws
  }
}
