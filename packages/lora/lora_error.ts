import { oneLine } from "@edit-transfer/files";

/** One entry of a LoRA that no layer of the model takes. */
export interface UnmatchedLora {
  /** Path in the file, without the prefix of its format. */
  readonly key: string;
  /** Why it was not taken. */
  readonly reason: string;
  /** Layer of the model whose path is most like it, if one was looked for. */
  readonly nearest: string | undefined;
}

/** Options of {@linkcode LoraError}. */
export interface LoraErrorOptions extends ErrorOptions {
  /** File of the LoRA. */
  path: string;
  /** Entries that no layer takes, if it is about that. */
  readonly unmatched?: readonly UnmatchedLora[] | undefined;
}

/** Thrown when a LoRA cannot be read, or does not fit the model. */
export class LoraError extends Error {
  /** Always `"LoraError"`. */
  override readonly name = "LoraError";
  /** File of the LoRA. */
  readonly path: string;
  /** Entries that no layer of the model takes. */
  readonly unmatched: readonly UnmatchedLora[];

  /**
   * Takes the sentence and what it speaks of.
   *
   * @param message What cannot be used, the rule, and what was found.
   * @param options See {@linkcode LoraErrorOptions}.
   */
  constructor(message: string, options: LoraErrorOptions) {
    super(message, options);
    this.path = options.path;
    this.unmatched = options.unmatched ?? [];
  }

  /**
   * The unmatched entries as lines of text, for people.
   *
   * @param limit Most entries to show.
   * @returns Key, reason and nearest layer of each, in columns; `""` if there
   * are none.
   */
  table(limit = 20): string {
    if (this.unmatched.length === 0) return "";
    const shown = this.unmatched.slice(0, limit);
    const compared = shown.some(({ nearest }) => nearest !== undefined);
    const rows = [
      ["key", "reason", compared ? "nearest layer" : ""],
      ...shown.map(({ key, reason, nearest }) =>
        [key, reason, nearest ?? ""].map(oneLine)
      ),
    ];
    const widths = [0, 1].map((column) =>
      Math.max(...rows.map((row) => row[column]!.length))
    );
    const lines = rows.map(([key, reason, nearest]) =>
      `${key!.padEnd(widths[0]!)}  ${reason!.padEnd(widths[1]!)}  ${nearest}`
        .trimEnd()
    );
    const left = this.unmatched.length - limit;
    if (left > 0) lines.push(`and ${left} more`);
    return lines.join("\n");
  }
}
