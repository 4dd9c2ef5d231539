/**
 * Assertions on arrays of numbers, seeded values and the golden files.
 *
 * @example Usage
 * ```ts
 * import { assertRelative, randomArray } from "@edit-transfer/testing";
 *
 * const x = randomArray(7, 64);
 *
 * assertRelative(x, Float64Array.from(x), 1e-12);
 * ```
 *
 * @module
 */
export * from "./assert_close.ts";
export * from "./assert_relative.ts";
export * from "./error_log.ts";
export * from "./golden.ts";
export * from "./random_array.ts";
export * from "./relative_error.ts";
export * from "./test_folder.ts";
