import { type RandomState, SeededRandom } from "./seeded_random.ts";

/** Where a {@linkcode Loader} is; plain JSON. */
export interface LoaderCursor {
  /** Times that all items were drawn, from 0. */
  readonly epoch: number;
  /** Items drawn in this epoch. */
  readonly position: number;
  /** State of the random numbers at the beginning of this epoch. */
  readonly random: RandomState;
}

/** An item to train on, with all that is random about it. */
export interface Draw {
  /** Number of the item, from 0. */
  readonly index: number;
  /** Uniform in [0, 1): the caption is left out where it is below the rate. */
  readonly dropout: number;
  /** Seed of noise and timestep, 32 bits. */
  readonly seed: number;
}

/** Options of {@linkcode Loader}. */
export interface LoaderOptions {
  /** Items in a batch; the last one of an epoch may have fewer. */
  batchSize: number;
  /** Seed of order, caption dropout, noise and timesteps. */
  seed: number;
  /**
   * What has to be equal in a batch, e.g. the shape, of each item.
   *
   * @default {nothing: one bucket}
   */
  readonly buckets?: readonly string[] | undefined;
  /**
   * Where to take a run up.
   *
   * @default {the beginning}
   */
  readonly cursor?: LoaderCursor | undefined;
}

/**
 * Draws the items of a data set in batches, in a new order each epoch. Where there
 * are buckets, a batch holds items of one, and comes when it is full; those that
 * are not full come last.
 *
 * The order and all seeds follow from the cursor alone, so a run that is taken
 * up sees what it would have seen.
 *
 * @example Usage
 * ```ts
 * import { Loader } from "@edit-transfer/dataset";
 * import assert from "node:assert/strict";
 *
 * const loader = new Loader(3, { batchSize: 2, seed: 42 });
 * assert.equal(loader.next().length, 2);
 * const twin = new Loader(3, { batchSize: 2, seed: 42, cursor: loader.cursor });
 * assert.deepEqual(twin.next(), loader.next());
 * assert.equal(loader.cursor.epoch, 1);
 * ```
 */
export class Loader {
  /** Items in the data set. */
  readonly size: number;
  readonly #batchSize: number;
  readonly #buckets: readonly string[] | undefined;
  #cursor: LoaderCursor;
  /** Batches of this epoch, by the number of items before them. */
  #batches: ReadonlyMap<number, readonly Draw[]> = new Map();
  #after: RandomState = [1, 0, 0, 0];

  /**
   * Begins at a cursor.
   *
   * @param size Items in the data set.
   * @param options See {@linkcode LoaderOptions}.
   *
   * @throws {RangeError} If a number is out of range, or no batch begins at the cursor.
   */
  constructor(size: number, options: LoaderOptions) {
    const { batchSize, seed, buckets, cursor } = options;
    for (const [name, value] of Object.entries({ size, batchSize })) {
      if (Number.isSafeInteger(value) && value >= 1) continue;
      throw new RangeError(
        `Cannot load data as ${name} must be an integer >= 1: got ${value}`,
      );
    }
    this.size = size;
    this.#batchSize = batchSize;
    this.#buckets = buckets;
    this.#cursor = cursor ??
      { epoch: 0, position: 0, random: new SeededRandom(seed).state };
    const { epoch, position } = this.#cursor;
    const sound = Number.isSafeInteger(epoch) && epoch >= 0 &&
      Number.isSafeInteger(position) && position >= 0 && position < size;
    if (!sound) {
      throw new RangeError(
        `Cannot load data as the cursor must be within ${size} items: got epoch ${epoch}, position ${position}`,
      );
    }
    this.#shuffle();
    if (this.#batches.has(position)) return;
    throw new RangeError(
      `Cannot load data as the cursor must be where a batch of ${batchSize} begins: got position ${position}`,
    );
  }

  /** Where the next batch begins. */
  get cursor(): LoaderCursor {
    return this.#cursor;
  }

  /** Batches in an epoch. */
  get batches(): number {
    return this.#batches.size;
  }

  /**
   * The next batch.
   *
   * @returns One item at least.
   */
  next(): Draw[] {
    const { epoch, position, random } = this.#cursor;
    const batch = this.#batches.get(position)!;
    const end = position + batch.length;
    if (end < this.size) {
      this.#cursor = { epoch, position: end, random };
    } else {
      this.#cursor = { epoch: epoch + 1, position: 0, random: this.#after };
      this.#shuffle();
    }
    return [...batch];
  }

  #shuffle(): void {
    const random = new SeededRandom(this.#cursor.random);
    const draws = random.permutation(this.size).map((index) => ({
      index,
      dropout: random.uniform(),
      seed: random.bits(),
    }));
    this.#after = random.state;
    const batches = new Map<number, readonly Draw[]>();
    let before = 0;
    for (const batch of this.#batched(draws)) {
      batches.set(before, batch);
      before += batch.length;
    }
    this.#batches = batches;
  }

  /** Draws in batches of one bucket each, in the order in which they are full. */
  *#batched(draws: readonly Draw[]): Generator<readonly Draw[]> {
    const open = new Map<string, Draw[]>();
    for (const draw of draws) {
      const bucket = this.#buckets?.[draw.index] ?? "";
      const batch = open.get(bucket) ?? [];
      batch.push(draw);
      open.set(bucket, batch);
      if (batch.length < this.#batchSize) continue;
      open.delete(bucket);
      yield batch;
    }
    yield* open.values();
  }
}
