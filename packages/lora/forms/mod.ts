import { isZero } from "../_matrix.ts";
import type { LayerUpdate, Rows } from "../lora_file.ts";
import type { Form } from "./form.ts";
import { bias, full, gain } from "./full.ts";
import { hadamard } from "./hadamard.ts";
import { kronecker } from "./kronecker.ts";
import { lowRank } from "./low_rank.ts";

/** Kinds of updates, one line each. */
const FORMS: {
  readonly [Kind in LayerUpdate["kind"]]: Form<
    Extract<LayerUpdate, { kind: Kind }>
  >;
} = { lowRank, hadamard, kronecker, full, gain, bias };

/** What can be done with an update. */
export function formOf(update: LayerUpdate): Form<LayerUpdate> {
  return FORMS[update.kind] as Form<LayerUpdate>;
}

/** The update of some rows of a layer's output, its extras included. */
export function updateRows(update: LayerUpdate, rows: Rows): LayerUpdate {
  const { bias, magnitude } = update;
  const part = formOf(update).rows(update, rows);
  const extras = {
    ...bias && { bias: pick(bias, rows) },
    ...magnitude && {
      magnitude: magnitude.axis === "in"
        ? magnitude
        : { ...magnitude, values: pick(magnitude.values, rows) },
    },
  };
  return { ...part, ...extras } as LayerUpdate;
}

/**
 * Whether ΔW is kept in two factors, which then take less memory than the whole.
 */
export function isFactored(update: LayerUpdate): boolean {
  const form = formOf(update);
  const rank = form.rank(update);
  const [out, into] = form.shape(update);
  return update.kind === "lowRank" ||
    rank !== undefined && rank * (out! + into!) < out! * into!;
}

/** Whether an update changes nothing. */
export function isNothing(update: LayerUpdate): boolean {
  if (update.bias?.some((value) => value !== 0)) return false;
  if (update.magnitude !== undefined) return false;
  switch (update.kind) {
    case "gain":
      return !update.replaces && update.values.every((value) => value === 0);
    case "bias":
      return true;
    case "full":
      return isZero(update.diff, [0, update.diff.shape[0]]);
    default:
      return update.scaling === 0 ||
        formOf(update).matrices(update).some((matrix) =>
          isZero(matrix, [0, matrix.shape[0]])
        );
  }
}

function pick(
  values: Float32Array<ArrayBuffer>,
  rows: Rows,
): Float32Array<ArrayBuffer> {
  return Float32Array.from(
    rows.flatMap(([start, end]) => [...values.subarray(start, end)]),
  );
}
