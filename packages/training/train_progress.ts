/** Where a run tells how far it is, as `Progress` of the terminal package. */
export interface TrainProgress {
  /** Begins a count after `done`; the time before it is not counted. */
  start(done?: number): void;
  /** Reports that `done` of `all` are done, with words before and behind. */
  step(
    done: number,
    all: number,
    words?: {
      readonly label?: string | undefined;
      readonly detail?: string | undefined;
    },
  ): void;
  /** Tells the user something. */
  note(text: string): void;
  /** Ends a count. */
  end(): void;
}
