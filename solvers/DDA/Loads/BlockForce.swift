import Contact
import Glibc
import Mechanics

/// Points and weights of Gauss's rules on 0 … 1.
enum GaussRule {
  /// Exact for cubics.
  static let two: [(s: Double, weight: Double)] = {
    let d = 0.5 / 3.0.squareRoot()
    return [(0.5 - d, 0.5), (0.5 + d, 0.5)]
  }()
  /// Exact to the fifth degree.
  static let three: [(s: Double, weight: Double)] = {
    let d = 0.5 * 0.6.squareRoot()
    return [(0.5 - d, 5.0 / 18), (0.5, 8.0 / 18), (0.5 + d, 5.0 / 18)]
  }()
}

extension BlockShape.Mode {
  /// The mode at a point of the block's frame; as `at`, without making a list.
  @inline(__always)
  func value(_ p: Point) -> Point {
    let (xx, xy, yy) = (p.x * p.x, p.x * p.y, p.y * p.y)
    return Point(
      u[0] + u[1] * p.x + u[2] * p.y + u[3] * xx + u[4] * xy + u[5] * yy,
      v[0] + v[1] * p.x + v[2] * p.y + v[3] * xx + v[4] * xy + v[5] * yy)
  }
}

extension BlockGeometry {
  /// A vector of a block's frame in the axes of space.
  @inline(__always)
  func turned(_ d: Point, _ angle: Double) -> Point {
    let (c, s) = (cos(angle), sin(angle))
    return Point(c * d.x - s * d.y, s * d.x + c * d.y)
  }

  /// How far the modes move the point X of a block's frame, in that frame.
  @inline(__always)
  func strained(_ b: Int, _ X: Point, _ state: BlockState) -> Point {
    var d = Point()
    for k in 0..<modeCount { d += state.modes[b * modeCount + k] * shapes[b].modes[k].value(X) }
    return d
  }

  /// Adds what a force f (N, axes of space) on the point X of a block's frame does to its unknowns.
  func addForce(
    _ b: Int, _ f: Point, at X: Point, _ state: BlockState, into out: inout [Lanes],
    at start: Int
  ) {
    addForce(
      b, f, at: X, arm: turned(X + strained(b, X, state), state.angle[b]), state, into: &out,
      at: start)
  }

  /// The same with the way from the centroid to the point known.
  @inline(__always)
  func addForce(
    _ b: Int, _ f: Point, at X: Point, arm: Point, _ state: BlockState, into out: inout [Lanes],
    at start: Int
  ) {
    out[start][0] += f.x
    out[start][1] += f.y
    out[start][2] += arm.cross(f)
    let local = turned(f, -state.angle[b])
    for k in 0..<modeCount {
      out[start + (3 + k) / 8][(3 + k) % 8] += shapes[b].modes[k].value(X).dot(local)
    }
  }

  /// Adds what a force on the point p of space does to a block of which it is a point (or nearly
  /// one).
  func addForce(
    _ b: Int, _ f: Point, in p: Point, _ state: BlockState, into out: inout [Lanes],
    at start: Int
  ) {
    let arm = p - state.centre[b]
    let Y = turned(arm, -state.angle[b])
    // Strains are small: one correction leaves an error of their square.
    addForce(b, f, at: Y - strained(b, Y, state), arm: arm, state, into: &out, at: start)
  }
}
