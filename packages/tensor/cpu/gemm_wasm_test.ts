import assert from "node:assert/strict";
import { assemble } from "../../../tools/build_gemm_wasm.ts";
import { GEMM_WASM } from "./gemm_wasm.ts";

for (const variant of ["relaxed", "plain"] as const) {
  Deno.test(`GEMM_WASM.${variant} is what cpu/wasm assembles to`, async () => {
    const bytes = await assemble({ relaxed: variant === "relaxed" });
    assert.equal(
      Buffer.from(bytes).toString("base64"),
      GEMM_WASM[variant],
      "run: deno run -A tools/build_gemm_wasm.ts",
    );
  });

  Deno.test(`GEMM_WASM.${variant} is valid WebAssembly`, () => {
    const bytes = Buffer.from(GEMM_WASM[variant], "base64");
    assert.equal(WebAssembly.validate(bytes), true);
  });
}
