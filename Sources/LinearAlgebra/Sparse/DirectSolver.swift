/// Sparse direct solver: LDLᵀ or LU by the multifrontal method (MUMPS, sequential).
///
/// The symbolic analysis is reused as long as the pattern object stays the same. A matrix that is
/// singular, also one that is singular only up to round-off (a body free to move rigidly), is reported
/// and never solved. Calls from several threads wait for each other; one solver belongs to one thread.
/// Source: Amestoy, Duff, L'Excellent, Koster, SIAM J. Matrix Anal. Appl. 23 (2001).
public final class DirectSolver: LinearSolver {
  /// Fill-reducing ordering, with MUMPS's own number.
  public enum Ordering: Int, Sendable {
    /// Approximate minimum degree: small systems, cheapest analysis.
    case approximateMinimumDegree = 0
    /// Nested dissection by SCOTCH.
    case scotch = 3
    /// PORD, MUMPS's own hybrid of dissection and minimum degree.
    case pord = 4
  }

  /// What the last analysis, factorisation and solve cost.
  public struct Statistics: Sendable, Equatable {
    /// Unknowns.
    public var count = 0
    /// Entries handed to the library.
    public var entryCount = 0
    /// Entries in the factors.
    public var factorEntryCount = 0
    /// Floating-point operations of the elimination.
    public var flops = 0.0
    /// Memory held during the factorisation, MB.
    public var megabytes = 0
    /// Negative pivots (the number of negative eigenvalues of a symmetric matrix).
    public var negativePivots = 0
    /// Size of the smallest eigenvalue of the matrix scaled to unit rows: about the reciprocal of its
    /// condition number, at most √n too high.
    public var smallestScaledEigenvalue = 0.0
    /// Ordering that was used.
    public var ordering = Ordering.pord
    /// Wall time of the symbolic analysis, s.
    public var analysisSeconds = 0.0
    /// Wall time of the numerical factorisation, s.
    public var factoriseSeconds = 0.0
    /// Wall time of the latest solve, s.
    public var solveSeconds = 0.0
    /// How often symbolic analysis ran.
    public var analyses = 0
    /// How often numerical factorisation ran.
    public var factorisations = 0
  }

  /// What the matrices promise. A pattern that stores the upper triangle is always taken as symmetric.
  public let kind: MatrixKind
  /// The ordering; nil chooses by size. Tiny and dense systems are ordered by minimum degree in any case.
  public let ordering: Ordering?
  /// Steps of iterative refinement after each solve.
  public var refinementSteps = 0
  /// What it cost.
  public private(set) var statistics = Statistics()

  private var instance: MUMPSInstance?
  private var pattern: CSRPattern?
  /// Which entries of the pattern went to the library; nil means all of them.
  private var chosen: [Int32]?
  private var isFactorised = false

  /// A solver without a matrix yet; without an ordering, one is chosen by size.
  public init(_ kind: MatrixKind, ordering: Ordering? = nil) {
    self.kind = kind
    self.ordering = ordering
  }

  /// Factorises `A`.
  /// - Throws: `.singular` for a zero pivot, also up to round-off; `.notPositiveDefinite` for a negative
  ///   one where a definite matrix was promised; `.notFinite`; `.outOfMemory`.
  public func factorise(_ A: CSRMatrix) throws(LinearSolverError) {
    isFactorised = false
    guard isFinite(A.values) else { throw .notFinite }
    if pattern !== A.pattern { try analyse(A.pattern) }
    instance!.load(A.values, chosen: chosen)
    let clock = ContinuousClock()
    let start = clock.now
    instance!.run(.factorise)
    // The estimate of the work space can be too small when pivots are delayed: grow it and repeat.
    for _ in 0..<4 where [-8, -9].contains(instance!.info(1)) {
      instance!.setControl(14, instance!.control(14) * 2 + 20)
      instance!.run(.factorise)
    }
    try check()
    statistics.factoriseSeconds = (clock.now - start).seconds
    statistics.factorisations += 1
    statistics.flops = instance!.realInfo(3)
    statistics.factorEntryCount = instance!.largeInfo(29)
    statistics.megabytes = instance!.info(22)
    statistics.negativePivots = instance!.info(12)
    if instance!.info(28) > 0 { throw .singular(row: instance!.firstNullPivot()) }
    try refuseSingular(A)
    if kind == .symmetricDefinite, statistics.negativePivots > 0 { throw .notPositiveDefinite }
    isFactorised = true
  }

  /// Overwrites `b` with A⁻¹ b.
  /// - Throws: `LinearSolverError` for values that are not finite and what the library reports.
  public func solve(_ b: inout [Double]) throws(LinearSolverError) { try solve(&b, count: 1) }

  /// Solves for several right-hand sides, one after another in `b` (the columns of a column-major matrix).
  public func solve(_ b: inout [Double], count: Int) throws(LinearSolverError) {
    precondition(isFactorised, "solve needs a factorised matrix")
    precondition(
      b.count == statistics.count * count,
      "\(b.count) values for \(count) right-hand sides of \(statistics.count)")
    guard isFinite(b) else { throw .notFinite }
    if b.isEmpty { return }
    let clock = ContinuousClock()
    let start = clock.now
    instance!.setControl(10, count == 1 ? refinementSteps : 0)
    instance!.solve(&b, count: count)
    try check()
    statistics.solveSeconds = (clock.now - start).seconds
    guard isFinite(b) else { throw .singular(row: nil) }
  }

  /// Refuses a matrix that is singular up to round-off, at the price of one solve (two where in doubt).
  private func refuseSingular(_ A: CSRMatrix) throws(LinearSolverError) {
    let smallest = try smallestScaledEigenvalue(scaling: A.unitRowScaling()) {
      (v: inout [Double]) throws(LinearSolverError) in
      instance!.solve(&v, count: 1)
      try check()
    }
    statistics.smallestScaledEigenvalue = smallest
    if isSingular(smallestScaledEigenvalue: smallest) { throw .singular(row: nil) }
  }

  private func analyse(_ pattern: CSRPattern) throws(LinearSolverError) {
    self.pattern = nil
    instance = nil
    statistics.count = pattern.count
    let symmetry: Int32 =
      switch kind {
      case .symmetricDefinite: 1
      case .symmetricIndefinite: 2
      case .unsymmetric: pattern.storage == .upperTriangle ? 2 : 0
      }
    chosen = symmetry > 0 && pattern.storage == .full ? upperEntries(of: pattern) : nil
    let clock = ContinuousClock()
    let start = clock.now
    let entryCount = chosen?.count ?? pattern.entryCount
    instance = MUMPSInstance(symmetry: symmetry, count: pattern.count, entryCount: entryCount) {
      rows, columns in
      var written = 0
      for i in 0..<pattern.count {
        for p in Int(pattern.rowStart[i])..<Int(pattern.rowStart[i + 1]) {
          let column = pattern.columns[p]
          if chosen != nil && column < Int32(i) { continue }
          rows[written] = Int32(i) + 1
          columns[written] = column + 1
          written += 1
        }
      }
    }
    let used = suitableOrdering(for: pattern)
    instance!.setControl(7, used.rawValue)
    instance!.setControl(14, 30)
    instance!.setControl(24, 1)
    instance!.run(.analyse)
    try check()
    self.pattern = pattern
    statistics.ordering = Ordering(rawValue: instance!.info(7)) ?? used
    statistics.entryCount = entryCount
    statistics.analyses += 1
    statistics.analysisSeconds = (clock.now - start).seconds
  }

  /// Minimum degree orders small systems faster and as well. PORD must not see a dense pattern (a mesh of
  /// one cell, say): it merges equal rows, and a graph of one vertex makes it end the whole process.
  private func suitableOrdering(for pattern: CSRPattern) -> Ordering {
    let isDense = pattern.entryCount > pattern.count * pattern.count / 8
    if isDense || pattern.count < 100 { return .approximateMinimumDegree }
    return ordering ?? (pattern.count < 5000 ? .approximateMinimumDegree : .pord)
  }

  private func upperEntries(of pattern: CSRPattern) -> [Int32] {
    var chosen: [Int32] = []
    chosen.reserveCapacity(pattern.entryCount / 2 + pattern.count)
    for i in 0..<pattern.count {
      for p in pattern.rowStart[i]..<pattern.rowStart[i + 1]
      where pattern.columns[Int(p)] >= Int32(i) { chosen.append(p) }
    }
    return chosen
  }

  /// Turns the library's codes into ours.
  private func check() throws(LinearSolverError) {
    let code = instance!.info(1)
    if code >= 0 { return }
    let detail = instance!.info(2)
    switch code {
    case -10, -6: throw .singular(row: nil)
    case -40: throw .notPositiveDefinite
    case -13, -19, -8, -9:
      // The detail counts reals; negative means millions of them.
      let reals = detail < 0 ? -Double(detail) * 1e6 : Double(detail)
      throw .outOfMemory(megabytes: Int(reals * 8 / 1e6))
    default: throw .failed("the sparse direct solver (MUMPS) failed with code \(code), \(detail)")
    }
  }
}

/// Whether all values are finite: one pass without branches, because 0·NaN and 0·∞ are NaN.
func isFinite(_ values: [Double]) -> Bool {
  var lanes = SIMD8<Double>()
  let whole = values.count / 8 * 8
  for i in stride(from: 0, to: whole, by: 8) {
    for k in 0..<8 { lanes[k] += values[i + k] * 0 }
  }
  var sum = lanes.sum()
  for i in whole..<values.count { sum += values[i] * 0 }
  return sum == 0
}

extension Duration {
  /// The duration in seconds.
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
