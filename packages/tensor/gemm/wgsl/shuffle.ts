import { gemmPrelude, type GemmSpec, lines, XYZW } from "./common.ts";

/** Tile of {@linkcode gemmShuffleWgsl}. */
export interface GemmShuffleSpec extends GemmSpec {
  /** Lanes of a subgroup, e.g. 8 on llvmpipe. */
  readonly lanes: number;
  /** Rows of a tile: a multiple of `lanes`, or fewer. */
  readonly rows: number;
}

/**
 * Writes the WGSL of a GEMM that uses neither workgroup memory nor barriers.
 *
 * A workgroup is one subgroup and computes `rows × 4 lanes` of `out`. Each lane
 * reads a piece of its own row of `a`; a shuffle with a constant index hands
 * its values round. Made for software adapters, where barriers cost most.
 *
 * Dispatch: `(N / (4 lanes), M / rows, batch)` workgroups, rounded up.
 *
 * @param spec Tile, operand layouts and types.
 * @returns WGSL text with entry point `main`.
 */
export function gemmShuffleWgsl(spec: GemmShuffleSpec): string {
  const { lanes, rows, transposeB } = spec;
  const groups = Math.ceil(rows / lanes);
  // row by row, so that compilers keep four sums in registers, not all products
  const multiply = lines(
    rows,
    (i) =>
      lines(
        4,
        (k) =>
          `    c${i} += subgroupShuffle(a${Math.floor(i / lanes)}.${XYZW[k]}, ${
            i % lanes
          }u) * b${k};`,
      ),
  );
  const columns = lines(
    4,
    (k) =>
      transposeB
        ? `    let b${k} = vec4f(t0.${XYZW[k]}, t1.${XYZW[k]}, t2.${
          XYZW[k]
        }, t3.${XYZW[k]});`
        : `    let b${k} = t${k};`,
  );
  const step = lines(
    4,
    (j) =>
      transposeB
        ? `    let t${j} = loadB(n + ${j}u, k, batch);`
        : `    let t${j} = loadB(k + ${j}u, n, batch);`,
  ) + "\n" + columns + "\n" + multiply;
  const reads = spec.a === "vec4" && spec.conv ? convLoop : plainLoop;
  return `enable subgroups;

${gemmPrelude(spec)}

@compute @workgroup_size(${lanes})
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let n = (group.x * ${lanes}u + lane) * 4u;
  let m = group.y * ${rows}u;
  let batch = group.z;
${lines(rows, (i) => `  var c${i} = vec4f(0.0);`)}
${reads(lanes, groups, step)}
  let start = loadBias(n);
  let sums = array<vec4f, ${rows}>(
${lines(rows, (i) => `    c${i},`)}
  );
  let end = min(p.tileRows, p.M - m); // a parameter, so that no compiler unrolls
  for (var i = 0u; i < end; i++) {
    store(m + i, n, batch, sums[i] + start);
  }
}
`;
}

/** Loop over k of a matrix, or of windows read one element at a time. */
function plainLoop(lanes: number, groups: number, step: string): string {
  return `${
    lines(
      groups,
      (g) => `  let row${g} = rowA(m + ${g * lanes}u + lane, batch);`,
    )
  }
  for (var k = 0u; k < p.K; k += 4u) {
${lines(groups, (g) => `    let a${g} = loadA(row${g}, k);`)}
${step}
  }`;
}

/** Loop over the taps of a window, then over channels, free of divisions. */
function convLoop(lanes: number, groups: number, step: string): string {
  return `${
    lines(
      groups,
      (g) => `  let row${g} = rowA(m + ${g * lanes}u + lane, batch);`,
    )
  }
  for (var tap = 0u; tap < p.taps; tap++) {
    let ky = tap / p.kw;
    let kx = tap % p.kw;
${
    lines(groups, (g) =>
      `    let y${g} = row${g}.y + ky;
    let x${g} = row${g}.x + kx;
    let in${g} = y${g} < p.inH && x${g} < p.inW;
    let at${g} = select(
      0u,
      row${g}.first + (y${g} * p.inW + x${g}) * p.Cin,
      in${g},
    );`)
  }
    for (var ci = 0u; ci < p.Cin; ci += 4u) {
    let k = tap * p.Cin + ci;
${
    lines(groups, (g) =>
      `    let a${g} = select(vec4f(0.0), a[(at${g} + ci) / 4u], in${g});`)
  }
${step}
    }
  }`;
}
