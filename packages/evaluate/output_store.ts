import {
  appendLine,
  atomicWrite,
  hashText,
  jsonLines,
  readText,
} from "@edit-transfer/files";
import { decodeImage, encodePng, type Image } from "@edit-transfer/image";
import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { panelsHash } from "./panels_hash.ts";
import {
  type KeptOutput,
  type OutputPlace,
  type OutputSource,
  timed,
} from "./timed_output.ts";

/** Manifest of a folder of outputs. */
export const MANIFEST = "results.jsonl";

/** A line of a manifest. */
interface Line {
  readonly id: string;
  readonly output: string;
  readonly seed: number;
  readonly seconds: number;
  /** Hash of all that the output depends on. */
  readonly key: string;
  /** Hash of the file. */
  readonly hash: string;
}

/**
 * Outputs of an evaluation as a folder for each condition, `ID_seed_N.png` with
 * a manifest, written as they are made. A run that goes on takes them from there
 * where they are of the same inputs and the file is whole.
 */
export class OutputStore implements OutputSource {
  readonly #folder: string;
  readonly #editor: string;
  readonly #lines = new Map<string, Map<string, Line>>();
  readonly #taken = new Map<string, Line[]>();

  /**
   * Nothing is read yet.
   *
   * @param folder Folder of the folders.
   * @param editor What makes the outputs, and how: all but the case and seed.
   */
  constructor(folder: string, editor: string) {
    this.#folder = folder;
    this.#editor = editor;
  }

  /**
   * An output that is there, or a new one, which is kept.
   *
   * @param edit Makes the output.
   * @param place Condition, case and seed.
   * @returns The output.
   */
  async take(
    edit: () => Promise<Image>,
    place: OutputPlace,
  ): Promise<KeptOutput> {
    const { condition, one, seed } = place;
    const lines = this.#lines.get(condition) ?? await this.#read(condition);
    const folder = join(this.#folder, condition);
    const key = hashText(
      JSON.stringify([
        this.#editor,
        condition,
        seed,
        one.told ?? one.words,
        panelsHash(one),
      ]),
    );
    const name = `${encodeURIComponent(one.id)}_seed_${seed}.png`;
    const taken = this.#taken.get(condition) ?? [];
    this.#taken.set(condition, taken);
    const known = lines.get(name);
    if (known?.key === key) {
      const bytes = await readFile(join(folder, name)).catch(() => undefined);
      if (bytes !== undefined && hashOf(bytes) === known.hash) {
        const image = await decodeImage(bytes);
        taken.push(known);
        return { image, seconds: known.seconds, kept: true };
      }
    }
    const made = await timed(edit);
    const png = await encodePng(made.image);
    await atomicWrite(join(folder, name), png, { flush: false });
    const line: Line = {
      id: one.id,
      output: name,
      seed,
      seconds: Number(made.seconds.toFixed(3)),
      key,
      hash: hashOf(png),
    };
    lines.set(name, line);
    taken.push(line);
    await appendLine(join(folder, MANIFEST), line);
    return { ...made, seconds: line.seconds };
  }

  /**
   * Writes a manifest of what this run took, in its order; that of a run that
   * did not come to its end holds what was there before, too.
   *
   * @param condition Condition that is complete.
   */
  async end(condition: string): Promise<void> {
    await this.#write(condition, this.#taken.get(condition) ?? []);
  }

  async #write(condition: string, lines: readonly Line[]): Promise<void> {
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
    await atomicWrite(
      join(this.#folder, condition, MANIFEST),
      new TextEncoder().encode(text),
    );
  }

  async #read(condition: string): Promise<Map<string, Line>> {
    const folder = join(this.#folder, condition);
    await mkdir(folder, { recursive: true });
    const text = await readText(join(folder, MANIFEST)).catch(() => "");
    const lines = new Map<string, Line>();
    for (const { value } of jsonLines(text)) { // the last may be half a line
      const { output } = (value ?? {}) as Partial<Line>;
      if (typeof output === "string") lines.set(output, value as Line);
    }
    await this.#write(condition, [...lines.values()]);
    this.#lines.set(condition, lines);
    return lines;
  }
}

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
