/** Which weights were wanted, and what is there instead. */
export interface WeightErrorOptions extends ErrorOptions {
  /** File or folder of the weights. */
  path: string;
  /** Name of the array that was wanted. */
  readonly weight?: string | undefined;
  /** Name in the file that is most like it. */
  readonly nearest?: string | undefined;
}

/** Thrown when weights are not there or not of the shape that a model needs. */
export class WeightError extends Error {
  /** Always `"WeightError"`. */
  override readonly name = "WeightError";
  /** File or folder of the weights. */
  readonly path: string;
  /** Name of the array that was wanted, if it is about one. */
  readonly weight: string | undefined;
  /** Name in the file that is most like it, if there is any. */
  readonly nearest: string | undefined;

  /**
   * Takes the sentence and what it speaks of.
   *
   * @param message What cannot be used, the rule, and what was found.
   * @param options See {@linkcode WeightErrorOptions}.
   */
  constructor(message: string, options: WeightErrorOptions) {
    super(message, options);
    this.path = options.path;
    this.weight = options.weight;
    this.nearest = options.nearest;
  }
}
