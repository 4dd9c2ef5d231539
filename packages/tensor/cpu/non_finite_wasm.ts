/**
 * WebAssembly that finds NaN and infinity in memory of its own, in base64.
 * Written by `tools/build_non_finite_wasm.ts` from `wasm/non_finite.ts`.
 */
export const NON_FINITE_WASM: string =
  "AGFzbQEAAAABCQFgBH9/f38BfwMCAQAFBAEAgAEHFgIGbWVtb3J5AgAJbm9uRmluaXRlAAAKXwFdAgF/A3sgACABaiEEIAL9ESEGIAP9ESEHAkADQCAAIARPDQEgBSAA/QAEACAG/U4gB/2OASAA/QAEECAG/U4gB/2OAf1Q/VAhBSAAQSBqIQAMAAsLIAX9hAFBAEcL";
