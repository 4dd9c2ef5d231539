import { keep } from "@edit-transfer/tensor";
import type { FluxConfig } from "./config.ts";
import type { FluxInputs, FluxTokens } from "./flux_inputs.ts";
import { type RopeTables, ropeTables } from "./rope.ts";

/** Positions whose tables are remembered: of text, pair, query and answer. */
const MOST = 4;

/** Rotary tables of the last positions that were asked for. */
export class PositionTables implements Disposable {
  readonly #axesDims: readonly number[];
  /** Newest first. */
  readonly #made: (RopeTables & { readonly ids: FluxInputs["imgIds"] })[] = [];

  constructor({ axesDimsRope }: FluxConfig) {
    this.#axesDims = axesDimsRope;
  }

  /** Tables of the text's positions, then of the image's, `[T + I, D / 2]`. */
  of({ pooled: { device }, imgIds = [], txtIds = [] }: FluxTokens): RopeTables {
    const ids = [...txtIds, ...imgIds];
    const at = this.#made.findIndex((tables) =>
      tables.cos.device === device && sameIds(tables.ids, ids)
    );
    if (at !== -1) {
      const [known] = this.#made.splice(at, 1);
      this.#made.unshift(known!); // so that this pass does not free it
      return known!;
    }
    const tables = ropeTables(ids, { axesDims: this.#axesDims, device });
    const made = {
      cos: keep(tables.cos),
      sin: keep(tables.sin),
      ids: structuredClone(ids),
    };
    this.#made.unshift(made);
    for (const old of this.#made.splice(MOST)) free(old);
    return made;
  }

  /** Frees the tables. */
  [Symbol.dispose](): void {
    for (const tables of this.#made.splice(0)) free(tables);
  }
}

function free({ cos, sin }: RopeTables): void {
  cos.dispose();
  sin.dispose();
}

/** Whether two lists of positions are equal. */
function sameIds(
  a: readonly (readonly number[])[],
  b: readonly (readonly number[])[],
): boolean {
  return a.length === b.length &&
    a.every((id, i) => id.every((value, axis) => value === b[i]![axis]));
}
