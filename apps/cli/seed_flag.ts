import { LIMITS, MAX_SEED, noiseSeed } from "@edit-transfer/files/limits";
import type { Seed } from "@edit-transfer/transfer";
import { InvalidArgumentError } from "commander";
import { randomInt } from "node:crypto";

const [, MOST] = LIMITS.seedsAtOnce;

/**
 * Parser of `--seed`, a value at a time: a number, a range `1-16`, or `random`.
 * A seed that was named before counts once.
 */
export function seeds(text: string, earlier: readonly Seed[] = []): Seed[] {
  return [...new Set([...earlier, ...read(text)])];
}

/** A seed of noise from its digits; a number where that holds it. */
export function seedOf(text: string): Seed | undefined {
  const value = /^\d{1,40}$/.test(text) ? BigInt(text) : -1n;
  const read = Number.isSafeInteger(Number(value)) ? Number(value) : value;
  return noiseSeed().safeParse(read).success ? read : undefined;
}

/** So many seeds from the first on, unless they end before. */
export function seedsFrom(first: Seed, count: number): Seed[] | undefined {
  const found = Array.from(
    { length: count },
    (_, i) => seedOf(String(BigInt(first) + BigInt(i))),
  );
  return found.every((seed) => seed !== undefined) ? found : undefined;
}

function read(text: string): Seed[] {
  if (text === "random") return [randomInt(2 ** 32)];
  const [, first = "", last = first] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  const [from, to] = [seedOf(first), seedOf(last)];
  if (from !== undefined && to !== undefined && from <= to) {
    const count = Number(BigInt(to) - BigInt(from)) + 1;
    if (count <= MOST) return seedsFrom(from, count)!;
  }
  throw new InvalidArgumentError(
    `It must be an integer from 0 to ${MAX_SEED}, a range like 1-16 of at most ${MOST}, or random.`,
  );
}
