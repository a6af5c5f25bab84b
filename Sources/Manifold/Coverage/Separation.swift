/// The area under the receiver operating characteristic: the probability that a positive gets a higher
/// score than a negative, ties counting half (Mann & Whitney).
public func areaUnderCurve(negatives: [Double], positives: [Double]) -> Double {
  precondition(!negatives.isEmpty && !positives.isEmpty, "both kinds are needed")
  let sorted = negatives.sorted()
  func rank(_ isBelow: (Double) -> Bool) -> Int {
    var (low, high) = (0, sorted.count)
    while low < high {
      let middle = (low + high) / 2
      if isBelow(sorted[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }
  var sum = 0.0
  for p in positives {
    sum += Double(rank { $0 < p } + rank { $0 <= p })
  }
  return sum / (2 * Double(negatives.count) * Double(positives.count))
}
