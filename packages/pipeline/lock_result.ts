import type { Image } from "@edit-transfer/image";
import {
  lock,
  type Locked,
  measureShift,
  type Shift,
} from "@edit-transfer/metrics";
import type { EncodedEdit } from "./encoded_edit.ts";

/** Pixels by which a picture may lie elsewhere without a word. */
const LIMIT = 1;

/** An output locked to its query, and how far it lay from it. */
export async function lockResult(
  { comparison, latents: [, , query], layout }: EncodedEdit,
  { panel, latents }: {
    readonly panel: Image;
    readonly latents: Float32Array;
  },
): Promise<{
  readonly locked: Locked;
  readonly shift: Shift;
  readonly notices: readonly string[];
}> {
  if (comparison === undefined) {
    throw new TypeError(
      "Cannot lock an edit as it must have pictures to compare: got latents alone",
    );
  }
  const { query: picture, seen, example } = await comparison();
  const shift = measureShift(panel, seen);
  const locked = lock(panel, picture, {
    seen,
    latents: { query, output: latents, shape: layout.answerShape },
  });
  return {
    locked,
    shift,
    notices: isFar(shift) && !isFar(example)
      ? [
        `The output lies (${shift.x.toFixed(1)}, ${
          shift.y.toFixed(1)
        }) pixels from the query, though the example does not move: edges of the lock may show`,
      ]
      : [],
  };
}

function isFar({ x, y }: Shift): boolean {
  return Math.hypot(x, y) > LIMIT;
}
