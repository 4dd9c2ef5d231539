/** A product of matrices that are ready on their device. */
export interface Product {
  /** Starts or does it. */
  run(): void | Promise<void>;
  /** Waits until all that was started is done. */
  wait(): void | Promise<void>;
  /** First element of the result, and what it is in float64. */
  check(): Promise<readonly [actual: number, expected: number]>;
}

/** A library in some configuration. */
export interface Candidate {
  /** Name in the table. */
  readonly name: string;
  /** Operands of `[M, K]` by `[K, N]`, the same values for every library. */
  prepare(M: number, K: number, N: number): Product | Promise<Product>;
}

/** Values from one short sequence. */
export function matrix(length: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(length);
  const period = Math.min(length, 65_521);
  for (let i = 0; i < period; i++) values[i] = Math.sin(i * 12.9898) * 0.5;
  for (let at = period; at < length; at *= 2) values.copyWithin(at, 0, at);
  return values;
}

/** Row 0 of a {@linkcode matrix} by column 0 of one, whose rows are so long. */
export function firstElement(K: number, rowLength: number): number {
  const values = matrix(K * rowLength);
  let sum = 0;
  for (let k = 0; k < K; k++) sum += values[k]! * values[k * rowLength]!;
  return sum;
}

/** Puts Dawn where libraries made for browsers look for WebGPU. */
export async function provideWebGpu(): Promise<void> {
  const { create, globals } = await import("webgpu");
  Object.assign(globalThis, globals);
  const gpu = create([
    "enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia",
  ]);
  Object.defineProperty(navigator, "gpu", { value: gpu, configurable: true });
}
