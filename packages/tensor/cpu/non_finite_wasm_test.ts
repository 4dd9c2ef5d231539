import assert from "node:assert/strict";
import { assembleNonFinite } from "../../../tools/build_non_finite_wasm.ts";
import { NON_FINITE_WASM } from "./non_finite_wasm.ts";

Deno.test("NON_FINITE_WASM is what cpu/wasm/non_finite.ts assembles to", async () => {
  assert.equal(
    await assembleNonFinite(),
    NON_FINITE_WASM,
    "run: deno run -A tools/build_non_finite_wasm.ts",
  );
});
