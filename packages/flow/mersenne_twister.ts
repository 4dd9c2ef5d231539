/**
 * The 32-bit Mersenne Twister of PyTorch's CPU generator.
 *
 * Source: Matsumoto & Nishimura 1998; `aten/src/ATen/core/MT19937RNGEngine.h`
 * in pytorch/pytorch@v2.13.0.
 */
export class MersenneTwister {
  readonly #state = new Uint32Array(624);
  #next = 624;

  /** Seeds the generator with the low 32 bits of `seed`, as PyTorch does. */
  constructor(seed: bigint) {
    const state = this.#state;
    state[0] = Number(BigInt.asUintN(32, seed));
    for (let i = 1; i < 624; i++) {
      const x = state[i - 1]! ^ (state[i - 1]! >>> 30);
      state[i] = Math.imul(1812433253, x) + i;
    }
  }

  /** The next 32 random bits. */
  random(): number {
    if (this.#next === 624) this.#twist();
    let y = this.#state[this.#next++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  /** Uniform in [0, 1) with 24 bits, PyTorch's `uniform_real<float>`. */
  uniform24(): number {
    return (this.random() & 0xffffff) / 2 ** 24;
  }

  /** Uniform in [0, 1) with 53 bits, PyTorch's `uniform_real<double>`. */
  uniform53(): number {
    const high = this.random() & 0x1fffff;
    return (high * 2 ** 32 + this.random()) / 2 ** 53;
  }

  #twist(): void {
    const state = this.#state;
    for (let i = 0; i < 624; i++) {
      const next = state[i === 623 ? 0 : i + 1]!;
      const y = (state[i]! & 0x80000000) | (next & 0x7fffffff);
      const far = state[i < 227 ? i + 397 : i - 227]!;
      state[i] = far ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#next = 0;
  }
}
