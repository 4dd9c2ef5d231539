/** What a generated GEMM depends on besides its tile. */
export interface GemmSpec {
  /** How `a` is read: four neighbours of a row at a time, or one by one. */
  readonly a: "vec4" | "scalar";
  /** How `b` is read. */
  readonly b: "vec4" | "scalar";
  /** How `out` is written. */
  readonly out: "vec4" | "scalar";
  /** Stored type of `b`; 16-bit types come two to a u32. */
  readonly bType: "f32" | "f16" | "bf16";
  /** Whether `b` is stored `[N, K]` rather than `[K, N]`. */
  readonly transposeB: boolean;
  /** Whether the rows of `a` are the windows of a convolution over an image. */
  readonly conv: boolean;
}

/** Lines made from each number below `n`. */
export function lines(n: number, line: (i: number) => string): string {
  return Array.from({ length: n }, (_, i) => line(i)).join("\n");
}

/** Components of a vec4. */
export const XYZW = ["x", "y", "z", "w"] as const;

/** Parameters and buffers of all GEMMs, and how they read `b`. */
export function gemmPrelude(
  { a, b, out, bType, transposeB }: GemmSpec,
): string {
  const element = { vec4: "vec4f", scalar: "f32" };
  const packed = { vec4: "vec2u", scalar: "u32" };
  const bElement = bType === "f32" ? element[b] : packed[b];
  return `struct Params {
  M : u32, N : u32, K : u32,
  hasBias : u32, accumulate : u32,
  lda : u32, ldb : u32, ldo : u32, // elements from row to row
  aFirst : u32, bFirst : u32, outFirst : u32, biasFirst : u32,
  aBatch : u32, bBatch : u32, outBatch : u32, // elements from matrix to matrix
  inH : u32, inW : u32, Cin : u32,
  taps : u32, kw : u32, outW : u32, outHW : u32,
  stride : u32, padTop : u32, padLeft : u32,
  rowFirst : u32, // output pixel of row 0
  tileRows : u32,
}

@group(0) @binding(0) var<storage, read> a : array<${element[a]}>;
@group(0) @binding(1) var<storage, read> b : array<${bElement}>;
@group(0) @binding(2) var<storage, read> bias : array<f32>; // [N]
@group(0) @binding(3) var<storage, read_write> out : array<${element[out]}>;
@group(1) @binding(0) var<uniform> p : Params;

${b === "vec4" ? vectorB(bType, transposeB) : scalarB(bType, transposeB)}

// four neighbours of the bias
fn loadBias(n : u32) -> vec4f {
  var v = vec4f(0.0);
  if (p.hasBias != 0u) {
    for (var j = 0u; j < 4u; j++) {
      v[j] = bias[p.biasFirst + min(n + j, p.N - 1u)];
    }
  }
  return v;
}

fn store(m : u32, n : u32, batch : u32, value : vec4f) {
  if (m >= p.M || n >= p.N) {
    return;
  }
  let at = p.outFirst + batch * p.outBatch + m * p.ldo + n;
${
    out === "vec4"
      ? `  var v = value;
  if (p.accumulate != 0u) {
    v += out[at / 4u];
  }
  out[at / 4u] = v;`
      : `  for (var j = 0u; j < min(4u, p.N - n); j++) {
    var v = value[j];
    if (p.accumulate != 0u) {
      v += out[at + j];
    }
    out[at + j] = v;
  }`
  }
}`;
}

const WIDEN = {
  f32: "return v;",
  f16: "return vec4f(unpack2x16float(v.x), unpack2x16float(v.y));",
  bf16: `return bitcast<vec4f>(
    vec4u(v.x << 16u, v.x & 0xffff0000u, v.y << 16u, v.y & 0xffff0000u),
  );`,
};

/**
 * `loadB(i, j, batch)`: four neighbours `b[i, j..j + 4]` as stored. Beyond the
 * end it repeats what is there: `a` is zero or nothing is stored in that place.
 */
function vectorB(bType: GemmSpec["bType"], transposeB: boolean): string {
  const [rows, columns] = transposeB ? ["p.N", "p.K"] : ["p.K", "p.N"];
  return `fn widen(v : ${bType === "f32" ? "vec4f" : "vec2u"}) -> vec4f {
  ${WIDEN[bType]}
}

fn loadB(i : u32, j : u32, batch : u32) -> vec4f {
  let row = min(i, ${rows} - 1u);
  let column = min(j, ${columns} - 4u);
  return widen(b[(p.bFirst + batch * p.bBatch + row * p.ldb + column) / 4u]);
}`;
}

const WIDEN_ONE = {
  f32: "return b[at];",
  f16: "return unpack2x16float(b[at / 2u])[at & 1u];",
  bf16: "return bitcast<f32>((b[at / 2u] >> ((at & 1u) * 16u)) << 16u);",
};

/** The same with four separate reads, for rows that are not aligned. */
function scalarB(bType: GemmSpec["bType"], transposeB: boolean): string {
  const [rows, columns] = transposeB ? ["p.N", "p.K"] : ["p.K", "p.N"];
  return `fn readB(at : u32) -> f32 {
  ${WIDEN_ONE[bType]}
}

fn loadB(i : u32, j : u32, batch : u32) -> vec4f {
  let row = min(i, ${rows} - 1u);
  let at = p.bFirst + batch * p.bBatch + row * p.ldb;
  let end = ${columns} - 1u;
  return vec4f(
    readB(at + min(j, end)),
    readB(at + min(j + 1u, end)),
    readB(at + min(j + 2u, end)),
    readB(at + min(j + 3u, end)),
  );
}`;
}

/**
 * `loadA(row, k, batch)`: four neighbours `a[row, k..k + 4]`, zeros beyond the
 * end. In a convolution, row is an output pixel and k a tap and a channel.
 */
export function loadA({ a, conv }: GemmSpec): string {
  const address = conv
    ? `  let pixel = p.rowFirst + row;
  let image = pixel / p.outHW;
  let y = (pixel % p.outHW) / p.outW;
  let x = pixel % p.outW;
  let tap = k / p.Cin;
  let iy = y * p.stride + tap / p.kw - p.padTop; // wraps far beyond inH if negative
  let ix = x * p.stride + tap % p.kw - p.padLeft;
  let inside = k < p.K && iy < p.inH && ix < p.inW;
  let at = p.aFirst + ((image * p.inH + iy) * p.inW + ix) * p.Cin + k % p.Cin;`
    : `  let inside = k < p.K;
  let at = p.aFirst + batch * p.aBatch + row * p.lda + k;`;
  const one = a === "vec4" ? "vec4f" : "f32";
  const read = `fn readA(row : u32, k : u32, batch : u32) -> ${one} {
${address}
  return select(${one}(0.0), a[select(0u, at, inside)${
    a === "vec4" ? " / 4u" : ""
  }], inside);
}`;
  return `${read}

fn loadA(m : u32, k : u32, batch : u32) -> vec4f {
  let row = min(m, p.M - 1u);
${
    a === "vec4" ? "  return readA(row, k, batch);" : `  return vec4f(
    readA(row, k, batch),
    readA(row, k + 1u, batch),
    readA(row, k + 2u, batch),
    readA(row, k + 3u, batch),
  );`
  }
}`;
}
