/** Seeded randomness: every draw is a function of the words it was seeded with. */

/** A deterministic stream of draws. */
export interface Random {
  /** Uniform number in [0, 1). */
  next(): number;
  /** Uniform number in [low, high), rounded to two decimals. */
  range(low: number, high: number): number;
  /** Uniform integer in [0, count). */
  int(count: number): number;
  /** One of the items, each as likely. */
  pick<T>(items: readonly T[]): T;
  /** True with the given probability. */
  chance(probability: number): boolean;
}

/**
 * 32-bit hash of a text (FNV-1a with the murmur3 finaliser).
 *
 * Source: Fowler, Noll, Vo, FNV-1a; Appleby, MurmurHash3 `fmix32`.
 *
 * @param text Any text.
 * @returns An unsigned 32-bit integer.
 */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * Stream of random draws named by words and numbers (mulberry32).
 *
 * Source: Tommy Ettinger, mulberry32.
 *
 * @param key Parts of the name of the stream, such as the seed and an index.
 * @returns The stream, at its start.
 *
 * @example Usage
 * ```ts
 * import { createRandom } from "@edit-transfer/figures";
 * import assert from "node:assert/strict";
 *
 * assert.equal(createRandom(["seed", 1]).next(), createRandom(["seed", 1]).next());
 * ```
 */
export function createRandom(key: readonly (string | number)[]): Random {
  let state = hashText(key.join("/"));
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const int = (count: number): number => Math.floor(next() * count);
  return {
    next,
    int,
    range: (low, high) => Math.round((low + next() * (high - low)) * 100) / 100,
    pick: (items) => items[int(items.length)]!,
    chance: (probability) => next() < probability,
  };
}
