import { countBlocks } from "./count_blocks.ts";

/** A layer or an array of another layout, and what it is called here. */
export interface KeyMapEntry {
  /**
   * Name in the file: of one array, or of a layer, which stands for its
   * `weight` and its `bias`. `{i}` and `{j}` stand for numbers.
   */
  readonly from: string;
  /**
   * Name of the same here, with the same `{i}` and `{j}`, or `{-i}` to count
   * from the last block that the file has. Several names share the rows: each
   * has as many as the layer has inputs, the last one has the rest.
   */
  readonly to: string | readonly string[];
  /** Whether the first and the second half of the rows are swapped. */
  readonly halvesSwapped?: true | undefined;
  /** Whether a 1×1 convolution `[N, K, 1, 1]` is a linear layer `[N, K]`. */
  readonly pointwise?: true | undefined;
}

/** Names of one layout of a model. */
export type KeyMap = readonly KeyMapEntry[];

/** What a name of the file stands for. */
export interface FoundKey {
  /** Names here, in the order of the rows. */
  readonly names: readonly string[];
  /** Layer in the file; undefined if the entry is of one array. */
  readonly layer: string | undefined;
  /** Entry of the map. */
  readonly entry: KeyMapEntry;
}

const PARAMETER = /\.(weight|bias)$/;

/** Entries of a map by the text before their first number. */
export class KeyFinder {
  readonly #entries: readonly { entry: KeyMapEntry; pattern: RegExp }[];
  readonly #counts = new Map<string, number>();

  /** Takes the map, and the names of the file to count its blocks. */
  constructor(map: KeyMap, names: readonly string[]) {
    this.#entries = map.map((entry) => ({
      entry,
      pattern: new RegExp(
        `^${
          entry.from.replaceAll(".", "\\.").replace("{i}", "(?<i>\\d{1,4})")
            .replace("{j}", "(?<j>\\d{1,4})")
        }$`,
      ),
    }));
    for (const { from, to } of map) {
      if (![to].flat().some((name) => name.includes("{-i}"))) continue;
      const stem = from.slice(0, from.indexOf("{i}"));
      if (!this.#counts.has(stem)) {
        this.#counts.set(stem, countBlocks(names, stem));
      }
    }
  }

  /** Looks a name of the file up; undefined if the map does not have it. */
  find(name: string): FoundKey | undefined {
    const parameter = name.match(PARAMETER)?.[0] ?? "";
    const layer = name.slice(0, name.length - parameter.length);
    for (const { entry, pattern } of this.#entries) {
      const whole = name.match(pattern);
      const found = whole ?? (parameter && layer.match(pattern));
      if (!found) continue;
      const { i, j } = found.groups ?? {};
      const suffix = whole ? "" : parameter;
      const stem = entry.from.slice(0, entry.from.indexOf("{i}"));
      const last = (this.#counts.get(stem) ?? 0) - 1;
      const names = [entry.to].flat().map((to) =>
        to.replace("{-i}", String(last - Number(i))).replace("{i}", i ?? "")
          .replace("{j}", j ?? "") + suffix
      );
      return { names, layer: whole ? undefined : layer, entry };
    }
    return undefined;
  }
}
