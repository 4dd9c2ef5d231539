/**
 * Checks the ids of B texts.
 *
 * @returns Tokens T in each text.
 *
 * @throws {RangeError} If there are none, they differ in length, are more than
 * `maxTokens`, or not in the vocabulary.
 */
export function checkTokens(
  tokens: readonly (readonly number[])[],
  options: {
    model: string;
    vocabSize: number;
    readonly maxTokens?: number | undefined;
  },
): number {
  const { model, vocabSize, maxTokens = Infinity } = options;
  const T = tokens[0]?.length ?? 0;
  if (T === 0 || tokens.some((row) => row.length !== T)) {
    throw new RangeError(
      `Cannot run ${model} as texts must have the same number of tokens >= 1: got ${
        tokens.map((row) => row.length).join(", ") || "no text"
      }`,
    );
  }
  if (T > maxTokens) {
    throw new RangeError(
      `Cannot run ${model} as it has ${maxTokens} positions: got ${T} tokens`,
    );
  }
  for (const row of tokens) {
    for (const id of row) {
      if (Number.isInteger(id) && id >= 0 && id < vocabSize) continue;
      throw new RangeError(
        `Cannot run ${model} as ids must be integers below its vocabulary of ${vocabSize}: got ${id}`,
      );
    }
  }
  return T;
}
