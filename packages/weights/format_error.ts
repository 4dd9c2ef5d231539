/** Where a file that does not parse was read, and why. */
export interface FormatErrorOptions extends ErrorOptions {
  /** Path of the file. */
  path: string;
}

/** Thrown when a file does not follow its format. */
export class FormatError extends SyntaxError {
  /** Always `"FormatError"`. */
  override readonly name = "FormatError";
  /** Path of the file, as it was given. */
  readonly path: string;

  /**
   * Takes the sentence and the path it speaks of.
   *
   * @param message What cannot be read, the rule, and what was found.
   * @param options See {@linkcode FormatErrorOptions}.
   */
  constructor(message: string, options: FormatErrorOptions) {
    super(message, options);
    this.path = options.path;
  }
}
