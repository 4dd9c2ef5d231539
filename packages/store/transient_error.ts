/** A failure that may be over when the same is tried again later. */
export class TransientError extends Error {
  /** Always `"TransientError"`. */
  override readonly name = "TransientError";
}
