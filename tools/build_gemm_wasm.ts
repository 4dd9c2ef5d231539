/**
 * Assembles the WebAssembly module of the cpu backend from the programs in
 * `packages/tensor/cpu/wasm/`, once with and once without relaxed SIMD.
 *
 * Usage: deno run -A tools/build_gemm_wasm.ts
 */
import { writeFile } from "node:fs/promises";
import wabt from "wabt";
import { cpuWat } from "../packages/tensor/cpu/wasm/module.ts";

/** Bytes of the module. */
export async function assemble(
  options: { relaxed: boolean },
): Promise<Uint8Array> {
  const features = {
    simd: true,
    threads: true,
    bulk_memory: true,
    sat_float_to_int: true,
    relaxed_simd: options.relaxed,
  };
  const { parseWat } = await wabt();
  const module = parseWat("cpu.wat", cpuWat(options), features);
  try {
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}

if (import.meta.main) {
  const encode = async (options: { relaxed: boolean }) =>
    Buffer.from(await assemble(options)).toString("base64");
  await writeFile(
    new URL("../packages/tensor/cpu/gemm_wasm.ts", import.meta.url),
    `/**
 * WebAssembly of the cpu backend, in base64: the same programs with relaxed
 * SIMD (fused products and sums) and without. Written by
 * \`tools/build_gemm_wasm.ts\` from \`wasm/\`.
 */
export const GEMM_WASM: {
  readonly relaxed: string;
  readonly plain: string;
} = {
  relaxed:
    "${await encode({ relaxed: true })}",
  plain:
    "${await encode({ relaxed: false })}",
};
`,
  );
}
