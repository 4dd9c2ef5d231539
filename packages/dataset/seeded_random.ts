/** The four 32-bit words of a {@linkcode SeededRandom}. */
export type RandomState = readonly [number, number, number, number];

/**
 * Random numbers that depend on the seed alone, whose state can be written
 * down and taken up again.
 *
 * Source: Blackman & Vigna, xoshiro128** 1.1, seeded by splitmix32.
 */
export class SeededRandom {
  readonly #words = new Uint32Array(4);

  /**
   * Begins a stream, or takes one up.
   *
   * @param seed Integer in [0, 2⁵³), or a state.
   *
   * @throws {RangeError} If it is neither.
   */
  constructor(seed: number | RandomState) {
    if (typeof seed !== "number") {
      checkState(seed);
      this.#words.set(seed);
      return;
    }
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new RangeError(
        `Cannot seed random numbers as the seed must be an integer >= 0: got ${seed}`,
      );
    }
    let low = seed >>> 0;
    const high = Math.floor(seed / 2 ** 32);
    for (let i = 0; i < 4; i++) {
      low = (low + 0x9e3779b9) >>> 0;
      let z = Math.imul((low ^ high) ^ (low >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      this.#words[i] = z ^ (z >>> 15);
    }
  }

  /** State before the next draw. */
  get state(): RandomState {
    const [a, b, c, d] = this.#words;
    return [a!, b!, c!, d!];
  }

  /** The next 32 random bits. */
  bits(): number {
    const s = this.#words;
    const x = Math.imul(s[1]!, 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0;
    const t = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= t;
    s[3] = (s[3]! << 11) | (s[3]! >>> 21);
    return result;
  }

  /** Uniform number in [0, 1) with 53 bits. */
  uniform(): number {
    return ((this.bits() >>> 6) * 2 ** 27 + (this.bits() >>> 5)) / 2 ** 53;
  }

  /**
   * The numbers from 0 to `count` - 1, each order as likely (Fisher–Yates).
   *
   * @param count How many.
   * @returns The order.
   */
  permutation(count: number): number[] {
    const order = Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const j = Math.floor(this.uniform() * (i + 1));
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  }
}

function checkState(state: RandomState): void {
  const sound = Array.isArray(state) && state.length === 4 &&
    state.every((word) => Number.isInteger(word) && word === word >>> 0) &&
    state.some((word) => word !== 0);
  if (sound) return;
  throw new RangeError(
    `Cannot take random numbers up as their state must be four 32-bit words, not all 0: got ${
      JSON.stringify(state)
    }`,
  );
}
