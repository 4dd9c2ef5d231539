import { LIMITS } from "@edit-transfer/files/limits";
import { InvalidArgumentError } from "commander";
import { randomInt } from "node:crypto";

const [, MOST] = LIMITS.seedsAtOnce;

/**
 * Parser of `--seed`, a value at a time: a number, a range `1-16`, or `random`.
 * A seed that was named before counts once.
 */
export function seeds(text: string, earlier: readonly number[] = []): number[] {
  return [...new Set([...earlier, ...read(text)])];
}

function read(text: string): number[] {
  if (text === "random") return [randomInt(2 ** 32)];
  const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  const from = Number(first);
  const to = Number(last);
  if (Number.isSafeInteger(to) && from <= to && to - from < MOST) {
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  }
  throw new InvalidArgumentError(
    `It must be an integer of at least 0, a range like 1-16 of at most ${MOST}, or random.`,
  );
}
