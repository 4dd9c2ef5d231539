/** Which repository it is about, and what the hub said. */
export interface HubErrorOptions extends ErrorOptions {
  /** Name of the repository. */
  repo: string;
  /** Status of the answer, if there was one. */
  status?: number;
}

/** Thrown when the hub does not give what was asked for. */
export class HubError extends Error {
  /** Always `"HubError"`. */
  override readonly name = "HubError";
  /** Name of the repository. */
  readonly repo: string;
  /** Status of the answer, if there was one. */
  readonly status: number | undefined;

  /**
   * Takes the sentence and what it speaks of.
   *
   * @param message What cannot be pulled, why, and what to do.
   * @param options See {@linkcode HubErrorOptions}.
   */
  constructor(message: string, options: HubErrorOptions) {
    super(message, options);
    this.repo = options.repo;
    this.status = options.status;
  }
}
