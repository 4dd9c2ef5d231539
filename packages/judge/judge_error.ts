/** Why there is no score. */
export type Fault =
  /** The reply holds no score that could be read. */
  | "unreadable"
  /** The judge declines to answer. */
  | "refused"
  /** The endpoint gives no reply. */
  | "down";

/** Thrown where a judge gives no score; the message is one sentence. */
export class JudgeError extends Error {
  /** Always `"JudgeError"`. */
  override readonly name = "JudgeError";
  /** Why there is no score. */
  readonly fault: Fault;

  /**
   * An error of a judge.
   *
   * @param fault Why there is no score.
   * @param message The sentence.
   * @param options Its cause.
   */
  constructor(fault: Fault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}

/** A failure that another try may mend. */
export class PassingError extends JudgeError {
  /** Time that the endpoint asks for before another try, in ms. */
  readonly waitMs: number;

  constructor(message: string, waitMs: number, options?: ErrorOptions) {
    super("down", message, options);
    this.waitMs = waitMs;
  }
}

/** A failure of all requests, not of this one: nothing more is asked. */
export class FinalError extends JudgeError {
  constructor(message: string, options?: ErrorOptions) {
    super("down", message, options);
  }
}
