import { gemmPrelude, type GemmSpec, lines } from "./common.ts";

/** Tile of {@linkcode gemmTileWgsl}. */
export interface GemmTile {
  /** Rows of `out` that a workgroup computes. */
  readonly rows: number;
  /** Columns of `out` that a workgroup computes. */
  readonly columns: number;
  /** Rows that one invocation holds: 4 or 8. */
  readonly rowsEach: number;
  /** Columns that one invocation holds: 4 or 8. */
  readonly columnsEach: number;
  /** Values of k a step: 16 or 32. */
  readonly depth: number;
}

/**
 * Writes the WGSL of a GEMM that keeps a tile of `out` in registers and stages
 * pieces of `a` and `b` in workgroup memory. It runs on any adapter.
 *
 * Invocations fetch blocks of 4 × 4, with four wide reads, one step ahead of
 * the products; they lie transposed in workgroup memory, so that a column of
 * `a` and a row of `b` are read in vectors. Vectors of a row change places by
 * its index, so that neither writing nor reading meets one bank twice.
 *
 * Dispatch: `(N / columns, M / rows, batch)` workgroups, rounded up.
 *
 * @param spec Tile, operand layouts and types.
 * @returns WGSL text with entry point `main`.
 */
export function gemmTileWgsl(spec: GemmSpec & GemmTile): string {
  const { rows, columns, rowsEach, columnsEach, depth, transposeB } = spec;
  const threadsX = columns / columnsEach;
  const threadsY = rows / rowsEach;
  const threads = threadsX * threadsY;
  const quadsA = rows / 4; // vectors of a row of tileA
  const quadsB = columns / 4;
  const blocksA = quadsA * depth / 4;
  const rounds = roundsOf(blocksA, quadsB * depth / 4, threads);
  const halves = rowsEach / 4; // vectors of its rows, threadsY apart
  const quads = columnsEach / 4; // and of its columns, threadsX apart
  const swap = 32 / depth;
  const place = (k4: string, quad: string, quads: number) =>
    `(${quad} ^ ((${k4} * ${swap}u) & ${Math.min(8, quads) - 1}u))`;
  return `${gemmPrelude(spec)}

var<workgroup> tileA : array<vec4f, ${quadsA * depth}>; // [k, m / 4]
var<workgroup> tileB : array<vec4f, ${quadsB * depth}>; // [k, n / 4]

fn fetchA(rows : array<Row, 4>, k : u32) -> mat4x4f {
  return transpose(mat4x4f(
${lines(4, (j) => `    loadA(rows[${j}], k),`)}
  ));
}

fn fetchB(n : u32, k : u32, batch : u32) -> mat4x4f {
${
    transposeB
      ? `  return transpose(mat4x4f(
${lines(4, (j) => `    loadB(n + ${j}u, k, batch),`)}
  ));`
      : `  return mat4x4f(
${lines(4, (j) => `    loadB(k + ${j}u, n, batch),`)}
  );`
  }
}

@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  let m0 = group.y * ${rows}u;
  let n0 = group.x * ${columns}u;
  let batch = group.z;
  let ty = thread / ${threadsX}u;
  let tx = thread % ${threadsX}u;
${
    lines(rounds.length, (s) => {
      const round = rounds[s]!;
      const blockA = `(thread + ${round.firstA}u)`;
      const blockB = `(thread + ${round.firstB}u - ${round.a}u)`;
      // neighbouring invocations read along what is contiguous
      const quadB = transposeB
        ? `${blockB} / ${depth / 4}u`
        : `${blockB} % ${quadsB}u`;
      const kB = transposeB
        ? `${blockB} % ${depth / 4}u`
        : `${blockB} / ${quadsB}u`;
      return `  let quad${s} = ${
        either(round, `${blockA} / ${depth / 4}u`, quadB)
      };
  let k4_${s} = ${either(round, `${blockA} % ${depth / 4}u`, kB)};
${
        round.a === 0 ? "" : `  let rows${s} = array<Row, 4>(
${lines(4, (j) => `    rowA(m0 + quad${s} * 4u + ${j}u, batch),`)}
  );`
      }
  var next${s} = mat4x4f();`;
    })
  }
${lines(rowsEach, (i) => lines(quads, (q) => `  var c${i}_${q} = vec4f(0.0);`))}

  // a step fetches the panel at k1 and multiplies the one before
  for (var k1 = 0u; k1 < p.K + ${depth}u; k1 += ${depth}u) {
    if (k1 < p.K) {
${
    lines(rounds.length, (s) =>
      each(
        rounds[s]!,
        `next${s} = fetchA(rows${s}, k1 + k4_${s} * 4u);`,
        `next${s} = fetchB(n0 + quad${s} * 4u, k1 + k4_${s} * 4u, batch);`,
      ))
  }
    }
    if (k1 != 0u) {
    for (var k4 = 0u; k4 < ${depth / 4}u; k4++) {
${
    lines(halves, (h) =>
      `      let atA${h} = k4 * ${4 * quadsA}u + ${
        place("k4", h === 0 ? "ty" : `(ty + ${threadsY}u)`, quadsA)
      };`)
  }
${
    lines(quads, (q) =>
      `      let atB${q} = k4 * ${4 * quadsB}u + ${
        place("k4", q === 0 ? "tx" : `(tx + ${threadsX}u)`, quadsB)
      };`)
  }
${
    lines(4, (k) =>
      `      {
${lines(halves, (h) => `        let a${h} = tileA[atA${h} + ${k * quadsA}u];`)}
${lines(quads, (q) => `        let b${q} = tileB[atB${q} + ${k * quadsB}u];`)}
${
        lines(rowsEach, (i) =>
          lines(quads, (q) =>
            `        c${i}_${q} += a${i >> 2}[${i % 4}] * b${q};`))
      }
      }`)
  }
    }
    }
    workgroupBarrier();
${
    lines(rounds.length, (s) => {
      const put = (tile: string, quads: number) =>
        `let at = k4_${s} * ${4 * quads}u + ${
          place(`k4_${s}`, `quad${s}`, quads)
        };
${lines(4, (j) => `      ${tile}[at + ${j * quads}u] = next${s}[${j}];`)}`;
      return each(rounds[s]!, put("tileA", quadsA), put("tileB", quadsB));
    })
  }
    workgroupBarrier();
  }

  let sums = array<vec4f, ${rowsEach * quads}>(
${lines(rowsEach, (i) => lines(quads, (q) => `    c${i}_${q},`))}
  );
  let end = min(p.tileRows, ${
    rowsEach * quads
  }u); // a parameter, so that no compiler unrolls
  for (var s = 0u; s < end; s++) {
    let i = s / ${quads}u;
    let m = m0 + (ty + i / 4u * ${threadsY}u) * 4u + i % 4u;
    let n = n0 + (tx + s % ${quads}u * ${threadsX}u) * 4u;
    store(m, n, batch, sums[s] + loadBias(n));
  }
}
`;
}

/**
 * Blocks of 4 × 4 that are moved together: invocations below `a` move one of
 * `a` each, counted from `firstA`, and the next `b` one of `b`.
 */
interface Round {
  readonly a: number;
  readonly b: number;
  readonly firstA: number;
  readonly firstB: number;
}

/** One round for all blocks if there are enough invocations. */
function roundsOf(a: number, b: number, threads: number): Round[] {
  if (a + b <= threads) return [{ a, b, firstA: 0, firstB: 0 }];
  const rounds: Round[] = [];
  for (let first = 0; first < a; first += threads) {
    const count = Math.min(threads, a - first);
    rounds.push({ a: count, b: 0, firstA: first, firstB: 0 });
  }
  for (let first = 0; first < b; first += threads) {
    const count = Math.min(threads, b - first);
    rounds.push({ a: 0, b: count, firstA: 0, firstB: first });
  }
  return rounds;
}

/** The expression for whichever block an invocation moves. */
function either({ a, b }: Round, ofA: string, ofB: string): string {
  if (b === 0) return ofA;
  return a === 0 ? ofB : `select(${ofB}, ${ofA}, thread < ${a}u)`;
}

/** Statements for those that move a block of a, and of b. */
function each({ a, b }: Round, ofA: string, ofB: string): string {
  const forA = `if (thread < ${a}u) {\n      ${ofA}\n    }`;
  const forB = `if (thread < ${a + b}u) {\n      ${ofB}\n    }`;
  if (b === 0) return `    ${forA}`;
  return a === 0 ? `    ${forB}` : `    ${forA} else ${forB}`;
}
