import FixedPoint

/// Which data of a window are unknown, and where their samples stand in x.
struct Layout {
  /// Whether a datum is computed in the sweep before it is used.
  let isFresh: [Bool]
  /// Times of the samples of every datum, the beginning of the window first.
  let times: [[Double]]
  /// Place of every datum in x, or, of a fresh one, among those that are watched beyond x.
  let places: [Range<Int>]
  let unknownCount: Int

  /// Places of the unknown data, one after another.
  var fields: [Range<Int>] { places.indices.filter { !isFresh[$0] }.map { places[$0] } }

  /// The waves of x; those of fresh data are not there yet.
  func waves(
    _ x: [Double], _ history: [[CoupledSystem.PastValue]], interpolation: TimeInterpolation
  ) -> [Waveform] {
    places.indices.map { d in
      let before = history[d].last!.value
      if isFresh[d] {
        return Waveform(times: [times[d][0]], samples: [before], interpolation: interpolation)
      }
      let count = before.count
      let samples = (0..<times[d].count - 1).map { k in
        let start = places[d].lowerBound + k * count
        return Array(x[start..<start + count])
      }
      return Waveform(times: times[d], samples: [before] + samples, interpolation: interpolation)
    }
  }

  /// What waves say after the beginning of the window: of the unknown data, and of the others.
  func values(of waves: [Waveform]) -> (image: [Double], watched: [Double]) {
    var out: (image: [Double], watched: [Double]) = ([], [])
    for (d, wave) in waves.enumerated() {
      let values = Array(wave.samples.dropFirst().joined())
      if isFresh[d] { out.watched += values } else { out.image += values }
    }
    return out
  }
}

extension CoupledSystem {
  /// Of a window of length w.
  func layout(_ w: Double) -> Layout {
    let isFresh = data.map { datum in
      if case .correction = datum.rule { return false }
      return definition.scheme.order == .serial && datum.source < datum.target
    }
    let times = data.map { datum in
      let steps =
        definition.sharesSubsteps ? stepCount(definition.participants[datum.source], in: w) : 1
      return (0...steps).map {
        $0 == steps ? time + w : time + w * Double($0) / Double(steps)
      }
    }
    let sizes = data.indices.map { data[$0].count * (times[$0].count - 1) }
    var places = data.map { _ in 0..<0 }
    var next = 0
    for fresh in [false, true] {
      for d in data.indices where isFresh[d] == fresh {
        places[d] = next..<next + sizes[d]
        next += sizes[d]
      }
    }
    let unknownCount = data.indices.reduce(0) { $0 + (isFresh[$1] ? 0 : sizes[$1]) }
    return Layout(isFresh: isFresh, times: times, places: places, unknownCount: unknownCount)
  }

  /// x as the windows before let expect it.
  func predicted(_ layout: Layout, _ w: Double) -> [Double] {
    data.indices.filter { !layout.isFresh[$0] }.flatMap { extrapolated($0, layout) }
  }

  /// The same of fresh data: what the first sweep is compared with.
  func watchedValues(_ layout: Layout, _ w: Double) -> [Double] {
    data.indices.filter { layout.isFresh[$0] }.flatMap { extrapolated($0, layout) }
  }

  /// The polynomial through the last ends of windows at the times of a window's samples.
  private func extrapolated(_ d: Int, _ layout: Layout) -> [Double] {
    let known = history[d].suffix(definition.predictorOrder + 1)
    return layout.times[d].dropFirst().flatMap { t in
      var out = [Double](repeating: 0, count: data[d].count)
      for one in known {
        var weight = 1.0
        for other in known where other.time != one.time {
          weight *= (t - other.time) / (one.time - other.time)
        }
        for i in out.indices { out[i] += weight * one.value[i] }
      }
      return out
    }
  }

  /// The criteria on every field that they mean.
  func measures(_ layout: Layout) -> [ConvergenceMeasure] {
    definition.criteria.flatMap { criterion in
      data.indices.filter { criterion.field == nil || data[$0].field == criterion.field }.map {
        ConvergenceMeasure(layout.places[$0], criterion.kind, criterion.limit)
      }
    }
  }
}
