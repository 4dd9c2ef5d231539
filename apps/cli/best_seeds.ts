import { MAX_SEED } from "@edit-transfer/files/limits";
import { table, UsageError } from "@edit-transfer/terminal";
import type { Seed } from "@edit-transfer/transfer";
import { seedsFrom } from "./seed_flag.ts";

/** How good a picture seems without an answer; see `rankOutputs`. */
export interface SeedRank {
  readonly place: number;
  readonly score: number;
  readonly agreement: number;
  readonly keep: number;
}

/** What an output is that was kept of several seeds. */
export interface Best extends SeedRank {
  /** All seeds that were ranked. */
  readonly seeds: readonly Seed[];
}

/** Flags that say which seeds are run, and how many outputs are kept. */
export interface SeedFlags {
  /** Seeds that the user names. */
  readonly seed?: readonly Seed[] | undefined;
  /** Number of seeds to run. */
  readonly autoSeeds?: number | undefined;
  /** Number of outputs to keep. */
  readonly keepBest?: number | undefined;
}

/**
 * Seeds of a run, and how many outputs are kept: undefined for all of them, not
 * ranked. `--auto-seeds` counts from the one seed that is named.
 */
export function planSeeds(
  { seed, autoSeeds, keepBest }: SeedFlags,
  first: Seed,
): {
  readonly seeds: readonly Seed[];
  readonly keepBest: number | undefined;
} {
  if (autoSeeds !== undefined && seed !== undefined && seed.length > 1) {
    throw new UsageError(
      `Cannot edit as --auto-seeds counts from one seed: got ${seed.length} of --seed`,
    );
  }
  const named = seed ?? [first];
  const seeds = autoSeeds === undefined
    ? named
    : seedsFrom(named[0]!, autoSeeds);
  if (seeds === undefined) {
    throw new UsageError(
      `Cannot edit as seeds must be at most ${MAX_SEED}: got ${autoSeeds} from ${
        named[0]
      } on`,
    );
  }
  const kept = keepBest ?? (autoSeeds === undefined ? undefined : 1);
  if (kept !== undefined && (seeds.length < 2 || kept > seeds.length)) {
    throw new UsageError(
      `Cannot edit as --keep-best ${kept} needs as many seeds, and two at least: got ${seeds.length}; name them with --seed or --auto-seeds`,
    );
  }
  return { seeds, keepBest: kept };
}

/** Ranks as a table, the best first. */
export function rankTable(
  ranks: readonly (SeedRank & { readonly seed: Seed })[],
): string {
  const digits = (x: number) => x.toFixed(3);
  return table([
    ["place", "seed", "score", "agreement", "keep"],
    ...ranks.toSorted((a, b) => a.place - b.place).map((rank) => [
      String(rank.place),
      String(rank.seed),
      digits(rank.score),
      digits(rank.agreement),
      digits(rank.keep),
    ]),
  ]);
}
