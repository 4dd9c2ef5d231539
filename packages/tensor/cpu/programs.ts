import { GEMM_WASM } from "./gemm_wasm.ts";

/** Widens `n` elements; addresses in bytes, whole vectors of 4 are written. */
type Widen = (y: number, from: number, n: number) => void;

/** Combines `bytes` of two operands, in whole vectors. */
type Binary = (y: number, a: number, b: number, bytes: number) => void;

/** What the WebAssembly module exports; addresses are in bytes. */
export interface Programs {
  readonly add: Binary;
  readonly sub: Binary;
  readonly mul: Binary;
  readonly div: Binary;
  readonly max: Binary;
  readonly min: Binary;
  readonly widenBf16: Widen;
  readonly widenF16: Widen;
  affine(
    y: number,
    x: number,
    bytes: number,
    alpha: number,
    beta: number,
  ): void;
  /** Rows of one sample, in whole vectors. */
  modulate(
    y: number,
    x: number,
    shift: number,
    scale: number,
    rowBytes: number,
    rows: number,
  ): void;
  /** Rows of one sample, in whole vectors. */
  addGated(
    y: number,
    x: number,
    gate: number,
    branch: number,
    rowBytes: number,
    rows: number,
  ): void;
  /** Heads of a multiple of 4 elements. */
  rope(
    y: number,
    x: number,
    cos: number,
    sin: number,
    headBytes: number,
    heads: number,
  ): void;
  /** `y += Σ x` over rows, for each channel; whole vectors. */
  sumChannels(y: number, x: number, rows: number, rowBytes: number): void;
  /** `y += Σ (x - mean)²` over rows, for each channel; whole vectors. */
  squareChannels(
    y: number,
    x: number,
    rows: number,
    rowBytes: number,
    mean: number,
  ): void;
  /** `y = gain x + offset` of every row; whole vectors. */
  scaleChannels(
    y: number,
    x: number,
    rows: number,
    rowBytes: number,
    gain: number,
    offset: number,
  ): void;
  /** Copies rows of a multiple of 2 bytes that are steps apart. */
  copyRows(
    to: number,
    toStep: number,
    from: number,
    fromStep: number,
    rowBytes: number,
    rows: number,
  ): void;
  /** Rows of a multiple of 4 elements, as are those of all gradients. */
  layerNormGradient(
    dx: number,
    x: number,
    dy: number,
    rows: number,
    rowBytes: number,
    weight: number,
    eps: number,
  ): void;
  rmsNormGradient(
    dx: number,
    x: number,
    dy: number,
    rows: number,
    rowBytes: number,
    weight: number,
    eps: number,
  ): void;
  softmaxGradient(
    dx: number,
    y: number,
    dy: number,
    rows: number,
    rowBytes: number,
  ): void;
  /** Weight and bias are addresses, or 0. */
  layerNorm(
    y: number,
    x: number,
    rows: number,
    rowBytes: number,
    weight: number,
    bias: number,
    eps: number,
  ): void;
  rmsNorm(
    y: number,
    x: number,
    rows: number,
    rowBytes: number,
    weight: number,
    eps: number,
  ): void;
  /** `y = exp(scale x + bias - max)` of a row; returns the sum. */
  expRow(
    y: number,
    x: number,
    rowBytes: number,
    scale: number,
    bias: number,
  ): number;
  /** `y *= factor`, in whole vectors. */
  scaleRow(y: number, rowBytes: number, factor: number): void;
  /** Runs a job with all threads. */
  run(kind: number, tasks: number): void;
  /** Runs a job on the calling thread. */
  runAlone(kind: number, tasks: number): void;
  /** Claims tasks of the open job until there are none left. */
  join(thread: number): void;
  /** Waits for another epoch than the one seen; returns it. */
  idle(seen: number): number;
}

let compiled: Promise<WebAssembly.Module> | undefined;

/** The module, with relaxed SIMD where the engine has it. */
export function compilePrograms(): Promise<WebAssembly.Module> {
  return compiled ??= compile();
}

async function compile(): Promise<WebAssembly.Module> {
  const relaxed = decode(GEMM_WASM.relaxed);
  return await WebAssembly.compile(
    WebAssembly.validate(relaxed) ? relaxed : decode(GEMM_WASM.plain),
  );
}

function decode(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0));
}

/** The programs on a memory. */
export async function instantiatePrograms(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
): Promise<Programs> {
  const { exports } = await WebAssembly.instantiate(module, {
    heap: { memory },
  });
  return exports as unknown as Programs;
}
