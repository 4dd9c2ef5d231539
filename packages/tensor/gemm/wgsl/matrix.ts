import type { MatrixUnit } from "../../webgpu/matrix_units.ts";
import { gemmPrelude, type GemmSpec, lines, XYZW } from "./common.ts";
import { type GemmMatrixTile, matrixDialect } from "./matrix_dialect.ts";

/**
 * Bytes of workgroup memory that a tile takes: both panels and the edge of `out`.
 *
 * @param tile Extents of the tile and of its unit.
 * @returns Bytes, to compare with the limit of a device.
 */
export function gemmMatrixBytes(tile: GemmMatrixTile): number {
  const { rows, columns, depth, down, across, unit } = tile;
  const panel = (length: number) => length * (depth / width(unit) + 1) * 16;
  // b is [n, k] or [k, n]: the larger
  const b = Math.max(
    panel(columns),
    depth * (columns / width(unit) + 1) * 16,
  );
  return panel(rows) + b + down * across * unit.M * unit.N * 4;
}

/** Neighbours that are moved at once: 16 bytes. */
function width({ type }: MatrixUnit): number {
  return type === "f16" ? 8 : 4;
}

/**
 * Writes the WGSL of a GEMM on the matrix units of an adapter.
 *
 * Subgroups share panels of `a` and `b` in workgroup memory, whose rows are
 * padded by 16 bytes; each holds a part of the tile in matrices. The next panel
 * travels to registers during the products of this one. Results pass through
 * workgroup memory on their way out, so edges may be ragged. Units of f16 take
 * `a` as written by `gemmPackWgsl`; values of bf16 beyond ±65504 are clamped.
 *
 * Dispatch: `(N / columns, M / rows, batch)` workgroups, rounded up.
 *
 * @param spec Tile, operand layouts and types; `a` is `vec8` for units of f16.
 * @returns WGSL text with entry point `main`.
 */
export function gemmMatrixWgsl(spec: GemmSpec & GemmMatrixTile): string {
  const { rows, columns, depth, down, across, lanes, unit, transposeB } = spec;
  const threads = down * across * lanes;
  const w = width(unit);
  const strideA = depth / w + 1;
  const [linesB, lengthB] = transposeB ? [columns, depth] : [depth, columns];
  const strideB = lengthB / w + 1;
  const movesA = Math.ceil(rows * depth / w / threads);
  const movesB = Math.ceil(linesB * lengthB / w / threads);
  const fragmentsM = rows / down / unit.M;
  const fragmentsN = columns / across / unit.N;
  const element = unit.type === "f16" ? "vec4u" : "vec4f";
  const dialect = matrixDialect(spec);
  const guarded = (moves: number, total: number, s: number, body: string) =>
    moves * threads === total
      ? `    ${body}`
      : `    if (thread + ${s * threads}u < ${total}u) {\n      ${body}\n    }`;
  const piecesA = rows * depth / w;
  const piecesB = linesB * lengthB / w;
  const rowA = (s: number) => `(thread + ${s * threads}u) / ${depth / w}u`;
  const inA = (s: number) => `(thread + ${s * threads}u) % ${depth / w}u`;
  const lineB = (s: number) => `(thread + ${s * threads}u) / ${lengthB / w}u`;
  const inB = (s: number) => `(thread + ${s * threads}u) % ${lengthB / w}u`;
  const fetch = (k: string) =>
    lines(
      movesA,
      (s) => `    nextA${s} = pieceA(row${s}, ${k} + ${inA(s)} * ${w}u);`,
    ) + "\n" +
    lines(
      movesB,
      (s) =>
        `    nextB${s} = pieceB(${
          transposeB
            ? `n0 + ${lineB(s)}, ${k} + ${inB(s)} * ${w}u`
            : `${k} + ${lineB(s)}, n0 + ${inB(s)} * ${w}u`
        }, batch);`,
    );
  const quads = unit.M * unit.N / 4; // vectors of a result
  return `${dialect.head}
${gemmPrelude(spec)}

${pieces(spec)}

var<workgroup> tileA : array<${element}, ${rows * strideA}>; // [m, k / ${w}]
var<workgroup> tileB : array<${element}, ${linesB * strideB}>; // ${
    transposeB ? `[n, k / ${w}]` : `[k, n / ${w}]`
  }
var<workgroup> results : array<vec4f, ${down * across * quads}>;

${dialect.functions}

@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(local_invocation_index) thread : u32,
${dialect.parameters}
) {
${dialect.locals}
  let m0 = group.y * ${rows}u;
  let n0 = group.x * ${columns}u;
  let batch = group.z;
  let firstM = subgroup / ${across}u * ${rows / down}u; // of this subgroup
  let firstN = subgroup % ${across}u * ${columns / across}u;
${
    lines(movesA, (s) =>
      `  let row${s} = rowA(m0 + ${rowA(s)}, batch);
  var nextA${s} = ${element}();`)
  }
${lines(movesB, (s) => `  var nextB${s} = ${element}();`)}
${
    lines(fragmentsM, (i) =>
      lines(
        fragmentsN,
        (j) => `  ${dialect.declare(`c${i}_${j}`, i * fragmentsN + j)}`,
      ))
  }

  // a step fetches the panel at k1 and multiplies the one before
  for (var k1 = 0u; k1 < p.K + ${depth}u; k1 += ${depth}u) {
    if (k1 < p.K) {
${fetch("k1")}
    }
    if (k1 != 0u) {
    for (var k = 0u; k < ${depth}u; k += ${unit.K}u) {
${
    lines(fragmentsM, (i) =>
      `      let a${i} = ${
        dialect.left(
          `(firstM + ${i * unit.M}u) * ${strideA}u + k / ${w}u`,
          strideA,
        )
      };`)
  }
${
    lines(fragmentsN, (j) =>
      `      {
      let b = ${
        dialect.right(
          transposeB
            ? `(firstN + ${j * unit.N}u) * ${strideB}u + k / ${w}u`
            : `k * ${strideB}u + (firstN + ${j * unit.N}u) / ${w}u`,
          strideB,
        )
      };
${
        lines(fragmentsM, (i) =>
          `      ${dialect.multiply(`a${i}`, "b", `c${i}_${j}`)}`)
      }
      }`)
  }
    }
    }
    workgroupBarrier();
${
    lines(movesA, (s) =>
      guarded(
        movesA,
        piecesA,
        s,
        `tileA[${rowA(s)} * ${strideA}u + ${inA(s)}] = nextA${s};`,
      ))
  }
${
    lines(movesB, (s) =>
      guarded(
        movesB,
        piecesB,
        s,
        `tileB[${lineB(s)} * ${strideB}u + ${inB(s)}] = nextB${s};`,
      ))
  }
    workgroupBarrier();
  }

${
    lines(fragmentsM, (i) =>
      lines(fragmentsN, (j) =>
        `  workgroupBarrier();
  ${dialect.store(`subgroup * ${quads}u`, `c${i}_${j}`)}
  workgroupBarrier();
  writeOut(m0 + firstM + ${i * unit.M}u, n0 + firstN + ${
          j * unit.N
        }u, batch, subgroup, lane);`))
  }
}

fn writeOut(m0 : u32, n0 : u32, batch : u32, subgroup : u32, lane : u32) {
  for (var i = lane; i < ${quads}u; i += ${lanes}u) {
    let m = m0 + i / ${unit.N / 4}u;
    let n = n0 + i % ${unit.N / 4}u * 4u;
    let sum = results[subgroup * ${quads}u + i]${
    unit.type === "f16" ? " * scaleOf(m, batch)" : ""
  };
    store(m, n, batch, sum + loadBias(n));
  }
}
`;
}

/** `pieceA(row, k)` and `pieceB(i, j, batch)`: 16 bytes of the tiles. */
function pieces({ unit, b, bType, conv }: GemmSpec & GemmMatrixTile): string {
  if (unit.type === "f32") {
    return `fn pieceA(row : Row, k : u32) -> vec4f {
  return loadA(row, k);
}

fn pieceB(i : u32, j : u32, batch : u32) -> vec4f {
  return loadB(i, j, batch);
}`;
  }
  const scale = conv
    ? "(p.rowFirst + m) / p.outHW * p.inH"
    : "batch * p.scaleBatch + m";
  const pack = `fn toHalf(v : vec4f) -> vec2u {
  let limited = clamp(v, vec4f(-65504.0), vec4f(65504.0));
  return vec2u(pack2x16float(limited.xy), pack2x16float(limited.zw));
}
`;
  const wide = (at: string) =>
    `bitcast<vec4f>(vec4u(${
      XYZW.slice(0, 2).map((c) => `${at}.${c} << 16u, ${at}.${c} & 0xffff0000u`)
        .join(", ")
    }))`;
  const eight = bType === "f16"
    ? "return loadB8(i, j, batch);"
    : `let v = loadB8(i, j, batch);
  return vec4u(toHalf(${wide("v.xy")}), toHalf(${wide("v.zw")}));`;
  return `fn scaleOf(m : u32, batch : u32) -> f32 {
  return scales[p.scaleFirst + min(${scale}, arrayLength(&scales) - 1u)];
}

fn pieceA(row : Row, k : u32) -> vec4u {
  return loadA8(row, k);
}

${pack}
fn pieceB(i : u32, j : u32, batch : u32) -> vec4u {
  ${
    b === "vec8" ? eight : b === "blocks"
      ? `let v = loadB8(i, j, batch);
  return vec4u(toHalf(v[0]), toHalf(v[1]));`
      : "return vec4u(toHalf(loadB(i, j, batch)), toHalf(loadB(i, j + 4u, batch)));"
  }
}`;
}
