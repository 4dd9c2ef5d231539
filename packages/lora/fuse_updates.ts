import { assemble, isSame, widened } from "./_matrix.ts";
import { describeLayer } from "./describe_layer.ts";
import { formOf } from "./forms/mod.ts";
import { productShape } from "./forms/kronecker.ts";
import { fuseLayers } from "./fuse_layers.ts";
import { LoraError } from "./lora_error.ts";
import type { LayerUpdate, LoraMatrix, Magnitude } from "./lora_file.ts";
import { MLP_RATIO, swapHalves } from "./split_fused.ts";

/** Layers of a module; those without an update are undefined. */
type Parts = readonly (LayerUpdate | undefined)[];

/** Puts the updates of the layers of a module together. */
export function fuseUpdates(
  { layers, parts, halvesSwapped }: {
    readonly layers: readonly string[];
    readonly parts: Parts;
    readonly halvesSwapped: boolean;
  },
  { path, name }: { path: string; name: string },
): LayerUpdate {
  const present = parts.filter((part) => part !== undefined);
  const [first] = present as [LayerUpdate];
  if (layers.length === 1) {
    const whole = halvesSwapped
      ? swapHalves(first, formOf(first).shape(first)[0]!)
      : first;
    if (
      whole.kind === "kronecker" && whole.rows !== undefined ||
      (whole.magnitude?.layers.length ?? 0) > 1
    ) {
      throw new LoraError(
        `Cannot write LoRA "${path}" as "${name}" must have an update of its own: got a part of a ${
          describeLayer(first).kind
        } of several layers, which has them as one`,
        { path },
      );
    }
    return whole;
  }
  const widths = widthsOf(layers, { parts, path, name });
  const decomposed = present.filter(({ magnitude }) => magnitude).length;
  const fused = present.every(({ kind }) => kind === first.kind) &&
      (decomposed === 0 || decomposed === parts.length)
    ? fuseWeights(parts, widths)
    : undefined;
  if (fused === undefined) {
    const kinds = [...new Set(present.map((part) => describeLayer(part).kind))];
    throw new LoraError(
      `Cannot write LoRA "${path}" as "${name}" must have one update for all of its ${layers.length} layers: got ${
        kinds.join(" and ")
      } of ${present.length}`,
      { path },
    );
  }
  return { ...fused, ...extrasOf(parts, widths) } as LayerUpdate;
}

/** The update of all layers; undefined if their kind cannot hold it. */
function fuseWeights(
  parts: Parts,
  widths: readonly number[],
): LayerUpdate | undefined {
  const present = parts.filter((part) => part !== undefined);
  const [first] = present as [LayerUpdate];
  if (first.kind === "lowRank") {
    return fuseLayers(parts as Parameters<typeof fuseLayers>[0], widths);
  }
  if (first.kind === "bias") return first; // all of it is an extra
  if (present.length < parts.length) return undefined;
  if (first.kind === "full") {
    const all = present as (typeof first)[];
    return { ...first, diff: stacked(all.map(({ diff }) => diff)) };
  }
  if (first.kind === "hadamard") {
    const all = present as (typeof first)[];
    const shared = all.every(({ w1b, w2b, scaling }) =>
      isSame(w1b, first.w1b) && isSame(w2b, first.w2b) &&
      scaling === first.scaling
    );
    if (!shared) return undefined;
    const w1a = stacked(all.map(({ w1a }) => w1a));
    return { ...first, w1a, w2a: stacked(all.map(({ w2a }) => w2a)) };
  }
  if (first.kind !== "kronecker") return undefined;
  const { rows: _, ...whole } = first;
  let row = 0;
  for (const { w1, w2, rows = [] } of present as (typeof first)[]) {
    if (w1 !== first.w1 || w2 !== first.w2) return undefined;
    for (const [start, end] of rows) {
      if (start !== row) return undefined;
      row = end;
    }
  }
  return row === productShape(first)[0] ? whole : undefined;
}

/** Bias and magnitude of all layers. */
function extrasOf(
  parts: Parts,
  widths: readonly number[],
): {
  readonly bias?: Float32Array<ArrayBuffer> | undefined;
  readonly magnitude?: Magnitude | undefined;
} {
  const joined = (vectors: readonly Float32Array[]) =>
    Float32Array.from(vectors.flatMap((values) => [...values]));
  const biases = parts.map((part, i) =>
    part?.bias ?? new Float32Array(widths[i]!)
  );
  const magnitudes = parts.flatMap((part) => part?.magnitude ?? []);
  const [first] = magnitudes;
  return {
    ...parts.some((part) => part?.bias) && { bias: joined(biases) },
    ...first && {
      magnitude: first.axis === "in" ? first : {
        ...first,
        values: joined(magnitudes.map(({ values }) => values)),
      },
    },
  };
}

/** Rows of each layer; one without an update is as wide as its neighbours. */
function widthsOf(
  layers: readonly string[],
  { parts, path, name }: { parts: Parts; path: string; name: string },
): number[] {
  const shapes = parts.map((part) => part && formOf(part).shape(part));
  const [first] = shapes.filter((shape) => shape !== undefined);
  const [rows, into] = first as [number, number];
  const square = layers.at(-1)!.endsWith(".proj_mlp");
  const width = square && !Number.isNaN(into) ? into : rows;
  const widths = layers.map((layer, i) =>
    square && layer.endsWith(".proj_mlp")
      ? shapes[i]?.[0] ?? MLP_RATIO * width
      : width
  );
  shapes.forEach((shape, i) => {
    if (shape === undefined) return;
    const [out, columns] = shape as [number, number];
    if (out === widths[i] && (columns === into || Number.isNaN(into))) return;
    throw new LoraError(
      `Cannot write LoRA "${path}" as "${name}" needs "${layers[i]}" to be [${
        widths[i]
      }, ${into}]: got [${out}, ${columns}]`,
      { path },
    );
  });
  return widths;
}

/** Matrices below each other. */
function stacked(matrices: readonly LoraMatrix[]): LoraMatrix {
  const [first] = matrices as [LoraMatrix];
  const same = matrices.every(({ dtype }) => dtype === first.dtype);
  let row = 0;
  const parts = matrices.map((matrix) => {
    const part = { matrix: same ? matrix : widened(matrix), row, column: 0 };
    row += matrix.shape[0];
    return part;
  });
  return assemble([row, first.shape[1]], parts);
}
