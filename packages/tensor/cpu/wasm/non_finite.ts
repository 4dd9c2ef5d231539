import { get } from "./text.ts";

/** Bytes of the memory of the module. */
const NON_FINITE_BYTES: number = 2 ** 23;

/**
 * A module of its own, with memory that arrays are read into:
 * `nonFinite(at, bytes, exponent, unit)` says whether an element there is NaN or
 * infinite. `exponent` has the bits of the exponents in 32 bits, and `unit` the
 * lowest of each: with all of them set, the sum carries into the sign.
 */
export function nonFiniteWat(): string {
  const carries = (offset: number) =>
    `(i16x8.add (v128.and (v128.load offset=${offset} ${get("$at")})
      ${get("$exponent4")}) ${get("$unit4")})`;
  return `
(module
  (memory (export "memory") ${NON_FINITE_BYTES / 2 ** 16})
  (func (export "nonFinite")
    (param $at i32) (param $bytes i32) (param $exponent i32) (param $unit i32)
    (result i32)
    (local $end i32) (local $any v128)
    (local $exponent4 v128) (local $unit4 v128)
    (local.set $end (i32.add ${get("$at")} ${get("$bytes")}))
    (local.set $exponent4 (i32x4.splat ${get("$exponent")}))
    (local.set $unit4 (i32x4.splat ${get("$unit")}))
    (block $done (loop $next
      (br_if $done (i32.ge_u ${get("$at")} ${get("$end")}))
      (local.set $any (v128.or ${get("$any")}
        (v128.or ${carries(0)} ${carries(16)})))
      (local.set $at (i32.add ${get("$at")} (i32.const 32)))
      (br $next)))
    (i32.ne (i16x8.bitmask ${get("$any")}) (i32.const 0))))`;
}
