import Contact

/// How fast the free blocks of a run are: the mean by area, and the fastest.
struct BlockSpeeds {
  let result: BlockResult

  /// Chart and caption; nil where no block is free.
  var picture: (svg: String, caption: String)? {
    guard let start = result.states.first else { return nil }
    let areas = areas(start)
    let all = areas.reduce(0, +)
    guard all > 0, result.states.count > 1 else { return nil }
    var (mean, fastest) = ([(x: Double, y: Double)](), [(x: Double, y: Double)]())
    for state in result.states {
      var (sum, top) = (0.0, 0.0)
      for b in areas.indices where areas[b] > 0 {
        let v = Point(state.velocity[3 * b], state.velocity[3 * b + 1]).length
        sum += areas[b] * v
        top = max(top, v)
      }
      mean.append((state.time, sum / all))
      fastest.append((state.time, top))
    }
    let peak = mean.max { $0.y < $1.y } ?? (0, 0)
    let chart = Chart(
      x: .init(label: "time, s", includes: [0]), y: .init(label: "speed, m/s", includes: [0]),
      series: [
        .init(name: "mean", style: .line, colour: 1, points: mean),
        .init(name: "fastest block", style: .dashed, colour: 2, points: fastest),
      ], title: "speeds over time")
    return (
      chart.svg(),
      "Speeds of centroids: the mean of free blocks by area, at most \(Show.number(peak.y)) m/s at "
        + "\(Show.number(peak.x)) s, and the fastest block."
    )
  }

  /// Areas at the start, m²; zero for fixed blocks.
  private func areas(_ state: BlockResult.State) -> [Double] {
    var first = 0
    return result.corners.enumerated().map { b, n in
      defer { first += n }
      guard !result.isFixed[b] else { return 0 }
      let p = (first..<first + n).map { Point(state.points[3 * $0], state.points[3 * $0 + 1]) }
      return 0.5 * abs((0..<n).reduce(0) { $0 + (p[$1] - p[0]).cross(p[($1 + 1) % n] - p[0]) })
    }
  }
}
