/**
 * Assembles the WebAssembly module that checks weights as they are loaded, from
 * `packages/tensor/cpu/wasm/non_finite.ts`.
 *
 * Usage: deno run -A tools/build_non_finite_wasm.ts
 */
import { writeFile } from "node:fs/promises";
import wabt from "wabt";
import { nonFiniteWat } from "../packages/tensor/cpu/wasm/non_finite.ts";

/** Bytes of the module, in base64. */
export async function assembleNonFinite(): Promise<string> {
  const { parseWat } = await wabt();
  const module = parseWat("non_finite.wat", nonFiniteWat(), { simd: true });
  try {
    return Buffer.from(module.toBinary({}).buffer).toString("base64");
  } finally {
    module.destroy();
  }
}

if (import.meta.main) {
  await writeFile(
    new URL("../packages/tensor/cpu/non_finite_wasm.ts", import.meta.url),
    `/**
 * WebAssembly that finds NaN and infinity in memory of its own, in base64.
 * Written by \`tools/build_non_finite_wasm.ts\` from \`wasm/non_finite.ts\`.
 */
export const NON_FINITE_WASM: string =
  "${await assembleNonFinite()}";
`,
  );
}
