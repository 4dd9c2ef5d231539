import { concat, type Tensor } from "@edit-transfer/tensor";
import type { Task, Told } from "./task.ts";
import type { Walk } from "./walk.ts";

/**
 * Walks a picture up to noise by Euler steps whose velocity is that at the
 * arriving level: `x += (σ − σ') v(x, σ)`.
 *
 * @returns Latents at each of the levels but the last, 0; freed with the stack.
 */
export async function invert(
  task: Task,
  walk: Walk,
  { sigmas, told, made }: {
    readonly sigmas: readonly number[];
    readonly told: Told;
    /** What frees the latents. */
    readonly made: DisposableStack;
  },
): Promise<Tensor[]> {
  const velocity = task.velocity(told);
  const levels: Tensor[] = [];
  for (let i = sigmas.length - 2; i >= 0; i--) {
    const [from, to] = [sigmas[i + 1]!, sigmas[i]!];
    await walk.step(await velocity(walk.x, to), { from, to });
    levels[i] = made.use(concat([walk.x], 0)); // [1, I, 4c]
  }
  return levels;
}
