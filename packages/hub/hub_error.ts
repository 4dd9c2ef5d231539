import { oneLine } from "@edit-transfer/files";

/** Which repository it is about, and what the hub said. */
export interface HubErrorOptions extends ErrorOptions {
  /** Name of the repository. */
  readonly repo: string;
  /** Status of the answer, if there was one. */
  readonly status?: number | undefined;
}

/**
 * Thrown when the hub does not give what was asked for. Its message is one line
 * without control characters, whatever the hub sent.
 */
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
    super(oneLine(message), options);
    this.repo = options.repo;
    this.status = options.status;
  }
}

/** Thrown when the same request may succeed if it is made again. */
export class PassingError extends HubError {
  /** Milliseconds that the hub asks to wait before that. */
  readonly waitMs: number;

  constructor(
    message: string,
    options: HubErrorOptions & { readonly waitMs?: number | undefined },
  ) {
    super(message, options);
    this.waitMs = options.waitMs ?? 0;
  }
}

/** What a hub sent, in quotes and short enough for a sentence. */
export function quoted(value: unknown): string {
  const text = JSON.stringify(
    typeof value === "string" ? value.slice(0, 200) : value,
  ) ?? "nothing";
  return text.length > 202 ? `${text.slice(0, 200)}…` : text;
}
