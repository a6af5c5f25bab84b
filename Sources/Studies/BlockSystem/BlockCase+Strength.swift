import DDA

extension BlockCase {
  /// The search that the case asks for in place of one run; nil where it asks for none.
  /// - Throws: `InputError` for a range that is none, and a criterion that a static run cannot meet.
  func strengthReduction() throws(InputError) -> StrengthReduction? {
    guard let row = value["strength-reduction"] else { return nil }
    let range = row.need("range")
    let (low, high) = (range.numbers[0], range.numbers[1])
    guard low < high else {
      throw range.error(
        "goes from \(Show.number(low)) to \(Show.number(high)); give the smaller factor first")
    }
    let criterion: StrengthReduction.Criterion
    if let share = row["kinetic-energy"] {
      guard try dynamicFactor() > 0 else {
        throw share.error(
          "is never there where steps begin at rest; give 'displacement', or inertia")
      }
      criterion = .kineticEnergy(share: share.number)
    } else {
      criterion = .displacement(row.need("displacement").number)
    }
    let time = value.need("time")
    var search = StrengthReduction(
      criterion: criterion, duration: time.need("end").number, dt: time.need("step").number,
      range: low...high, tolerance: row.need("tolerance").number)
    search.halvings = halvings
    search.seatingSteps = row.need("seating-steps").integer
    return search
  }
}
