import { blocksWgsl, type BlockType } from "../../webgpu/blocks.ts";
import { type GemmEpilogue, gemmStore } from "./epilogue.ts";

/** What a generated GEMM depends on besides its tile. */
export interface GemmSpec extends GemmEpilogue {
  /**
   * How `a` is read: four neighbours of a row at a time, or one by one; `vec8`
   * is eight f16, as `gemmPackWgsl` writes them, with a scale for each row.
   */
  readonly a: "vec8" | "vec4" | "scalar";
  /** How `b` is read; `vec8` only if it has 16 bits an element. */
  readonly b: "vec8" | "vec4" | "scalar" | "blocks";
  /**
   * Stored type of `b`; 16-bit types come two to a u32, blocks as in a GGUF
   * file, from byte `bFirst` on.
   */
  readonly bType: "f32" | "f16" | "bf16" | BlockType;
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

const ELEMENT = { vec8: "vec4u", vec4: "vec4f", scalar: "f32" } as const;
const PACKED = {
  vec8: "vec4u",
  vec4: "vec2u",
  scalar: "u32",
  blocks: "u32",
} as const;

/** Parameters and buffers of all GEMMs, and how they read and write them. */
export function gemmPrelude(spec: GemmSpec): string {
  const { a, b, out, bType, transposeB } = spec;
  const bElement = b !== "blocks" && bType === "f32" ? ELEMENT[b] : PACKED[b];
  return `struct Params {
  M : u32, N : u32, K : u32,
  hasBias : u32, accumulate : u32,
  lda : u32, ldb : u32, ldo : u32, // elements from row to row
  aFirst : u32, bFirst : u32, outFirst : u32, biasFirst : u32, scaleFirst : u32,
  aBatch : u32, bBatch : u32, outBatch : u32, scaleBatch : u32, // from matrix to matrix
  inH : u32, inW : u32, Cin : u32,
  taps : u32, kw : u32, outW : u32, outHW : u32,
  stride : u32, padTop : u32, padLeft : u32,
  rowFirst : u32, // row 0 of this part among all, e.g. its pixel
  tileRows : u32,
  residualFirst : u32, gateFirst : u32, gateRows : u32, gateWidth : u32,
}

@group(0) @binding(0) var<storage, read> a : array<${ELEMENT[a]}>;
@group(0) @binding(1) var<storage, read> b : array<${bElement}>;
@group(0) @binding(2) var<storage, read> bias : array<f32>; // [N]
@group(0) @binding(3) var<storage, read> scales : array<f32>; // of the rows of a
@group(0) @binding(4) var<storage, read> residual : array<${
    ELEMENT[out]
  }>; // as out
@group(0) @binding(5) var<storage, read> gate : array<f32>; // [runs of rows, N]
@group(0) @binding(6) var<storage, read_write> out : array<${ELEMENT[out]}>;
@group(1) @binding(0) var<uniform> p : Params;

${readers(spec)}

${READ_B[b](bType, transposeB)}

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

${gemmStore(spec)}`;
}

const READ_B = {
  vec8: octetB,
  vec4: vectorB,
  scalar: scalarB,
  blocks: blocksB,
} as const;

const WIDEN: Readonly<Record<string, string>> = {
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

/** `loadB8(i, j, batch)`: eight neighbours of 16 bits, as stored. */
function octetB(_: GemmSpec["bType"], transposeB: boolean): string {
  const [rows, columns] = transposeB ? ["p.N", "p.K"] : ["p.K", "p.N"];
  return `fn loadB8(i : u32, j : u32, batch : u32) -> vec4u {
  let row = min(i, ${rows} - 1u);
  let column = min(j, ${columns} - 8u);
  return b[(p.bFirst + batch * p.bBatch + row * p.ldb + column) / 8u];
}`;
}

/**
 * The same of quantised blocks, and `loadB8(i, j, batch)`: eight neighbours
 * as `mat2x4f`, with the scale of their block read once.
 */
function blocksB(bType: GemmSpec["bType"], transposeB: boolean): string {
  const [rows, columns] = transposeB ? ["p.N", "p.K"] : ["p.K", "p.N"];
  const type = bType as BlockType;
  return `${blocksWgsl(type, "b")}

fn indexB(i : u32, j : u32, batch : u32) -> u32 {
  return batch * p.bBatch + min(i, ${rows} - 1u) * p.ldb + j;
}

fn loadB(i : u32, j : u32, batch : u32) -> vec4f {
  return quadOf(p.bFirst, indexB(i, min(j, ${columns} - 4u), batch));
}

fn loadB8(i : u32, j : u32, batch : u32) -> mat2x4f {
  return octetOf(p.bFirst, indexB(i, min(j, ${columns} - 8u), batch));
}`;
}

const WIDEN_ONE: Readonly<Record<string, string>> = {
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
 * `rowA(m, batch)`: where a row of `a` begins; `loadA(row, k)`: four
 * neighbours of it, or `loadA8(row, k)` eight f16; zeros beyond the end. In a
 * convolution a row is an output pixel, and k a tap and a channel.
 */
function readers({ a, conv }: GemmSpec): string {
  const [one, width] = ({
    vec8: ["vec4u", "8u"],
    vec4: ["vec4f", "4u"],
    scalar: ["f32", "1u"],
  } as const)[a];
  return `struct Row { first : u32, y : u32, x : u32 }

fn rowA(m : u32, batch : u32) -> Row {
  let row = min(m, p.M - 1u);
${
    conv
      ? `  let pixel = p.rowFirst + row;
  return Row(
    p.aFirst + pixel / p.outHW * (p.inH * p.inW * p.Cin),
    (pixel % p.outHW) / p.outW * p.stride - p.padTop, // wraps far beyond inH if negative
    pixel % p.outW * p.stride - p.padLeft,
  );`
      : "  return Row(p.aFirst + batch * p.aBatch + row * p.lda, 0u, 0u);"
  }
}

fn readA(row : Row, k : u32) -> ${one} {
${
    conv
      ? `  let tap = k / p.Cin;
  let y = row.y + tap / p.kw;
  let x = row.x + tap % p.kw;
  let inside = k < p.K && y < p.inH && x < p.inW;
  let at = row.first + (y * p.inW + x) * p.Cin + k % p.Cin;`
      : `  let inside = k < p.K;
  let at = row.first + k;`
  }
  return select(${one}(), a[select(0u, at, inside) / ${width}], inside);
}

${
    a === "vec8"
      ? `fn loadA8(row : Row, k : u32) -> vec4u {
  return readA(row, k);
}`
      : `fn loadA(row : Row, k : u32) -> vec4f {
  return ${
        a === "vec4"
          ? "readA(row, k)"
          : "vec4f(readA(row, k), readA(row, k + 1u), readA(row, k + 2u), readA(row, k + 3u))"
      };
}`
  }`;
}
