import { LIMITS } from "@edit-transfer/files/limits";
import { add, affine, scope, sub } from "@edit-transfer/tensor";
import type { Velocity } from "./velocity.ts";

/**
 * Velocity of an edit of strength s: `v₀ + s (v₁ − v₀)`. At 1 it is v₁ itself,
 * at 0 v₀, each with one pass.
 *
 * @throws {RangeError} If the strength is not in -0.5…2.
 */
export function withStrength(
  strength: number,
  { edited, unedited }: {
    /** The velocity v₁, which the example pair and the words decide. */
    readonly edited: Velocity;
    /** The velocity v₀ without them. */
    readonly unedited: Velocity;
  },
): Velocity {
  const [least, most] = LIMITS.strength;
  if (!(strength >= least && strength <= most)) {
    throw new RangeError(
      `Cannot edit as the strength must be from ${least} to ${most}: got ${strength}`,
    );
  }
  if (strength === 1) return edited;
  if (strength === 0) return unedited;
  return async (x, sigma) => {
    using v0 = await unedited(x, sigma);
    using v1 = await edited(x, sigma);
    return scope(() => add(v0, affine(sub(v1, v0), strength, 0))); // [1, I, 4c]
  };
}
