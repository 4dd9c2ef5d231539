import type { UnaryFunction } from "../../ops/unary/kernels.ts";
import { unaryFunctionWgsl } from "../../ops/unary/wgsl.ts";

/** What becomes of the sums of a GEMM before they are written. */
export interface GemmEpilogue {
  /** How `out` is written, and the residual read. */
  readonly out: "vec4" | "scalar";
  /** Function of the sums, if there is one. */
  readonly activation?: UnaryFunction | undefined;
  /** What is added to, if anything: as it is, or with a gate for each column. */
  readonly residual?: "plain" | "gated" | undefined;
}

/**
 * `store(m, n, batch, value)`: adds what `out` holds if it accumulates, applies
 * the function, then the gate and the residual, and writes four neighbours.
 */
export function gemmStore(
  { out, activation, residual }: GemmEpilogue,
): string {
  const added = {
    vec4: "residual[p.residualFirst + at]",
    scalar: "residual[p.residualFirst + at + j]",
  };
  const steps = (one: "vec4" | "scalar", indent: string) =>
    [
      activation === undefined
        ? ""
        : one === "vec4"
        ? "v = apply(v);"
        : "v = apply(vec4f(v)).x;",
      residual === undefined
        ? ""
        : residual === "plain"
        ? `v += ${added[one]};`
        : `v = ${added[one]} + ${one === "vec4" ? "factor" : "factor[j]"} * v;`,
    ].filter((step) => step !== "").map((step) => indent + step).join("\n");
  const functions = activation === undefined
    ? ""
    : unaryFunctionWgsl("apply", activation);
  return `${functions}
fn store(m : u32, n : u32, batch : u32, value : vec4f) {
  if (m >= p.M || n >= p.N) {
    return;
  }
  let offset = batch * p.outBatch + m * p.ldo + n;
${
    residual === "gated"
      ? `  let run = (p.rowFirst + batch * p.M + m) / p.gateRows;
  var factor : vec4f;
  for (var j = 0u; j < 4u; j++) {
    factor[j] = gate[p.gateFirst + run * p.gateWidth + min(n + j, p.N - 1u)];
  }`
      : ""
  }
${
    out === "vec4"
      ? `  let at = offset / 4u;
  let to = p.outFirst / 4u + at;
  var v = value;
  if (p.accumulate != 0u) {
    v += out[to];
  }
${steps("vec4", "  ").replaceAll("p.residualFirst", "p.residualFirst / 4u")}
  out[to] = v;`
      : `  let at = offset;
  for (var j = 0u; j < min(4u, p.N - n); j++) {
    let to = p.outFirst + at + j;
    var v = value[j];
    if (p.accumulate != 0u) {
      v += out[to];
    }
${steps("scalar", "    ")}
    out[to] = v;
  }`
  }
}`;
}
