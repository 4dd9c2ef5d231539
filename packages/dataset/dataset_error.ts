/** Where a data set cannot be used, and the error below it. */
export interface DatasetErrorOptions extends ErrorOptions {
  /** Path of the folder or file. */
  readonly path: string;
  /** Item that cannot be used, from 0. */
  readonly index?: number | undefined;
}

/** Thrown when a data set, or one of its items, cannot be used. */
export class DatasetError extends Error {
  /** Always `"DatasetError"`. */
  override readonly name = "DatasetError";
  /** Path of the folder or file. */
  readonly path: string;
  /** Item that cannot be used, from 0; undefined where it is not one item. */
  readonly index: number | undefined;

  /**
   * Takes the sentence and the place it speaks of.
   *
   * @param message What cannot be done, the rule, and what was found.
   * @param options See {@linkcode DatasetErrorOptions}.
   */
  constructor(message: string, options: DatasetErrorOptions) {
    super(message, options);
    this.path = options.path;
    this.index = options.index;
  }
}
