/**
 * Whose turn it is among the tabs of a browser: one has it, the others wait.
 *
 * A tab that the system has put to sleep keeps its turn and does nothing with it, so it can be taken away.
 */

type Work = (over: AbortSignal) => Promise<void>;

export class Turn {
  private inLine = new AbortController();

  /** `work` is what the tab does that has the turn, until it is over; `robbed` is told that it was taken. */
  constructor(
    private readonly name: string,
    private readonly work: Work,
    private readonly robbed: () => void,
    private readonly stop: AbortSignal,
  ) {}

  wait(): void {
    void this.request({ signal: AbortSignal.any([this.stop, this.inLine.signal]) });
  }

  /** Take it, whoever has it. */
  seize(): void {
    this.inLine.abort();
    this.inLine = new AbortController();
    void this.request({ steal: true });
  }

  private async request(options: LockOptions): Promise<void> {
    const taken = new AbortController();
    let began = false;
    const work = () => {
      began = true;
      return this.work(AbortSignal.any([this.stop, taken.signal]));
    };
    try {
      await navigator.locks.request(this.name, options, work);
    } catch {
      taken.abort();
      if (!began || this.stop.aborted) return; // nobody waits any more
      this.robbed();
      this.wait();
    }
  }
}
