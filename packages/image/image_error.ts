/** Which picture cannot be read, and the error below it. */
export interface ImageErrorOptions extends ErrorOptions {
  /** Path of the file, or what stands for it. */
  path: string;
}

/** Thrown when a file is not a picture that can be read. */
export class ImageError extends Error {
  /** Always `"ImageError"`. */
  override readonly name = "ImageError";
  /** Path of the file, or what stands for it. */
  readonly path: string;

  /**
   * Takes the sentence and the path it speaks of.
   *
   * @param message What cannot be read, the rule, and what was found.
   * @param options See {@linkcode ImageErrorOptions}.
   */
  constructor(message: string, options: ImageErrorOptions) {
    super(message, options);
    this.path = options.path;
  }
}
