/// A participant in the hands of a worker for a window: nobody else has it meanwhile, which the compiler cannot know.
final class Turn: @unchecked Sendable {
  private(set) var participant: any Participant
  private(set) var answer: (record: Record?, failure: String?) = (nil, nil)
  private(set) var duration = Duration.zero
  private let watched: [CoupledSystem.Watched], delivered: [BorderData.Key: Waveform]

  init(
    _ participant: any Participant, _ watched: [CoupledSystem.Watched],
    _ delivered: [BorderData.Key: Waveform]
  ) {
    (self.participant, self.watched, self.delivered) = (participant, watched, delivered)
  }

  /// Through the window.
  func go(from time: Double, _ w: Double) {
    let clock = ContinuousClock.now
    answer = CoupledSystem.advance(&participant, watched, delivered, from: time, w)
    duration = ContinuousClock.now - clock
  }
}
