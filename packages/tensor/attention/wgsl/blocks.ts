import { lines } from "../../gemm/wgsl/common.ts";

/** Rows of both operands of a block of scores. */
export const ATTENTION_BLOCK = 64;

const BLOCK = ATTENTION_BLOCK;
/** Invocations along each side of a block. */
const SIDE = 16;
/** Rows of a block that an invocation holds, 16 apart. */
const OWN = BLOCK / SIDE;
/** Elements of the rows that are staged at a time. */
const DEPTH = 32;
/** Vectors from element to element in staging, padded against bank conflicts. */
const STRIDE = SIDE + 1;
/** Rows of the second factor that are staged at a time. */
const ROWS = 16;
/** Elements of the rows that follow each other without a loop. */
const UNROLL = 2;

/**
 * Members of `Params` that the pieces read: constants, which bound the loops
 * from there so that no compiler unrolls them.
 */
export const ATTENTION_LOOPS =
  "quads : u32, depth : u32, rows : u32, side : u32,";

/**
 * First parameters of the kernels of attention: constants that bound loops.
 *
 * @param headDim Head width.
 * @param side Rows of a matrix, for the kernel on matrix units.
 * @returns Values of unsigned integers.
 */
export function attentionLoops(headDim: number, side = SIDE): number[] {
  return [headDim / 4, DEPTH, ROWS, side];
}

/** Largest head width that fits into registers. */
export const MAX_HEAD = 128;

/**
 * Pieces of WGSL for kernels in which 256 invocations, 16 × 16 of them, hold a
 * block of 64 × 64 scores and 64 rows of a result in registers.
 *
 * Invocation (ty, tx) holds the rows ty + 16 i and the columns tx + 16 j, for i
 * and j below 4; columns of a result go in quads tx + 16 q.
 */
export interface AttentionBlocks {
  /** Declarations. */
  readonly memory: string;
  /** Vectors of a row of the result in an invocation. */
  readonly own: number;
  /**
   * Statements that set `NAME0` to `NAME3`, column by column the four rows of
   * an invocation, to the products of all rows of two blocks. They begin and
   * end after a barrier.
   */
  scores(name: string, rows: Rows, columns: Rows): string;
  /** Statements that put four columns of weights where `sums` reads them. */
  weights(name: string): string;
  /**
   * Statements that add to `NAMEi_q` the weights of the first `count` columns
   * times their rows. They end after a barrier.
   */
  sums(name: string, rows: Rows, count: string): string;
  /** Declarations of `NAMEi_q`, zero. */
  zeros(name: string): string;
  /** Statements that write rows `NAMEi_q` to `out`, times `factor(i)`. */
  store(
    name: string,
    to: { out: string; first: string; row: string; end: string },
    factor: (i: number) => string,
  ): string;
  /** Statements that reduce NAME, a vec4 of rows, over the 16 invocations of a row. */
  reduced(name: string, f: (a: string, b: string) => string): string;
}

/** Rows of a buffer of vec4: from vector `first` on, the last is `last`. */
export interface Rows {
  readonly buffer: string;
  readonly first: string;
  /** Row that is number 0 of the block. */
  readonly start: string;
  readonly last: string;
}

/** Throws unless the head fits; returns its vectors. */
export function headQuads(headDim: number): number {
  if (headDim % 4 !== 0 || headDim < 4 || headDim > MAX_HEAD) {
    throw new RangeError(
      `Cannot write attention as headDim must be a multiple of 4 up to ${MAX_HEAD}: got ${headDim}`,
    );
  }
  return headDim / 4;
}

/** The pieces for a head width. */
export function attentionBlocks(headDim: number): AttentionBlocks {
  const quads = headQuads(headDim);
  const own = Math.ceil(quads / SIDE);
  const stage = DEPTH * STRIDE; // of one operand
  const second = BLOCK * STRIDE; // weights, then rows of the second factor
  const vectors = Math.max(
    2 * stage,
    second + Math.max(ROWS * quads, SIDE * STRIDE),
  );
  // four rows, 16 apart, four elements each, turned
  const turn = (to: string, { buffer, first, start, last }: Rows) =>
    `{
${
      lines(
        OWN,
        (i) =>
          `        let r${i} = ${buffer}[${first} + min(${start} + lane + ${
            i * SIDE
          }u, ${last}) * ${quads}u + quad];`,
      )
    }
        let to = ${to} + part * ${4 * STRIDE}u + lane;
${
      lines(4, (e) =>
        `        pool[to + ${e * STRIDE}u] = select(vec4f(), vec4f(${
          lines(OWN, (i) => `r${i}.${"xyzw"[e]},`).replaceAll("\n", " ")
        }), inside);`)
    }
      }`;
  return {
    memory: `// staged operands of scores; else weights, and rows they weigh
var<workgroup> pool : array<vec4f, ${vectors}>;`,
    own,
    scores: (name, rows, columns) =>
      `${lines(OWN, (j) => `    var ${name}${j} = vec4f();`)}
    for (var chunk = 0u; chunk < p.quads; chunk += ${DEPTH / 4}u) {
      // half of the invocations stage the rows, half the columns
      let half = thread % ${SIDE * SIDE / 2}u;
      let lane = half / ${DEPTH / 4}u;
      let part = half % ${DEPTH / 4}u;
      let inside = chunk + part < ${quads}u;
      let quad = min(chunk + part, ${quads - 1}u);
      if (thread < ${SIDE * SIDE / 2}u) ${turn("0u", rows)}
      else ${turn(`${stage}u`, columns)}
      workgroupBarrier();
      for (var e = 0u; e < p.depth; e += ${UNROLL}u) {
${
        lines(UNROLL, (u) =>
          `        let a${u} = pool[(e + ${u}u) * ${STRIDE}u + ty];
        let b${u} = pool[${stage}u + (e + ${u}u) * ${STRIDE}u + tx];
${lines(OWN, (j) => `        ${name}${j} += a${u} * b${u}.${"xyzw"[j]};`)}`)
      }
      }
      workgroupBarrier();
    }`,
    weights: (name) =>
      lines(
        OWN,
        (j) => `    pool[(tx + ${j * SIDE}u) * ${STRIDE}u + ty] = ${name}${j};`,
      ),
    sums: (name, { buffer, first, start, last }, count) =>
      `    for (var part = 0u; part < ${count}; part += ${ROWS}u) {
      workgroupBarrier();
      for (var i = thread; i < ${ROWS * quads}u; i += ${SIDE * SIDE}u) {
        pool[${second}u + i] = ${buffer}[${first}
          + min(${start} + part + i / ${quads}u, ${last}) * ${quads}u + i % ${quads}u];
      }
      workgroupBarrier();
      for (var r = 0u; r < p.rows; r++) {
        let w = pool[(part + r) * ${STRIDE}u + ty];
${
        lines(own, (q) =>
          `        let v${q} = pool[${second}u + r * ${quads}u + min(tx + ${
            q * SIDE
          }u, ${quads - 1}u)];\n` +
          lines(OWN, (i) =>
            `        ${name}${i}_${q} += w.${"xyzw"[i]} * v${q};`))
      }
      }
    }
    workgroupBarrier();`,
    zeros: (name) =>
      lines(OWN, (i) => lines(own, (q) => `  var ${name}${i}_${q} = vec4f();`)),
    store: (name, { out, first, row, end }, factor) =>
      lines(OWN, (i) =>
        `  if (${row} + ty + ${i * SIDE}u < ${end}) {
    let to = ${first} + (${row} + ty + ${i * SIDE}u) * ${quads}u + tx;
${
          lines(own, (q) => {
            const write = `${out}[to + ${q * SIDE}u] = ${name}${i}_${q} * ${
              factor(i)
            };`;
            return (q + 1) * SIDE <= quads
              ? `    ${write}`
              : `    if (tx + ${
                q * SIDE
              }u < ${quads}u) {\n      ${write}\n    }`;
          })
        }
  }`),
    reduced: (name, f) =>
      `    pool[${second}u + tx * ${STRIDE}u + ty] = ${name};
    workgroupBarrier();
    ${name} = pool[${second}u + ty];
    for (var i = 1u; i < p.side; i++) {
      ${name} = ${f(name, `pool[${second}u + i * ${STRIDE}u + ty]`)};
    }
    workgroupBarrier();`,
  };
}
