import {
  appendLine,
  hashText,
  jsonLines,
  readText,
} from "@edit-transfer/files";
import type { Image } from "@edit-transfer/image";
import type { MetricFacts } from "@edit-transfer/metrics";
import { appendFile, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { Case } from "./case.ts";
import { panelsHash } from "./panels_hash.ts";

/**
 * Scores that models gave, a line each in a file, so that an interrupted run and
 * a second report on the same outputs ask no model again. A score is known by
 * the hash of all that it is made from: pictures, words and the model.
 */
export class ScoreCache {
  readonly #path: string;
  #scores: Promise<Map<string, number | null>> | undefined;

  /**
   * Nothing is read yet.
   *
   * @param path Path of the file, which is made when there is a score.
   */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * A score that is known, or a new one, which is kept if it is a number or that
   * there is nothing to measure.
   *
   * @param metric What scores; of one without a model nothing is kept.
   * @param inputs Output and case.
   * @param compute Gives the score.
   * @returns The score.
   */
  async take(
    { name, source }: MetricFacts,
    { output, one }: { readonly output: Image; readonly one: Case },
    compute: () => unknown,
  ): Promise<unknown> {
    if (source === undefined) return await compute();
    const scores = await (this.#scores ??= this.#read());
    const key = hashText(
      JSON.stringify([name, source, one.words, panelsHash(one, output)]),
    );
    const known = scores.get(key);
    if (known !== undefined) return known ?? undefined;
    const score = await compute();
    if (typeof score === "number" || score === undefined) {
      scores.set(key, score ?? null);
      await mkdir(dirname(this.#path), { recursive: true });
      await appendLine(this.#path, { key, metric: name, score: score ?? null });
    }
    return score;
  }

  async #read(): Promise<Map<string, number | null>> {
    const text = await readText(this.#path, { maxBytes: 2 ** 30 })
      .catch(() => "");
    const scores = new Map<string, number | null>();
    for (const { value } of jsonLines(text)) { // the last may be half a line
      const { key, score } = (value ?? {}) as Record<string, unknown>;
      const isScore = typeof score === "number" || score === null;
      if (typeof key === "string" && isScore) scores.set(key, score);
    }
    if (text !== "" && !text.endsWith("\n")) await appendFile(this.#path, "\n");
    return scores;
  }
}
