import type { TensorData } from "@edit-transfer/weights";
import { converted, findNonFinite, scaled, widened } from "./_matrix.ts";
import { fuseLayers, type Part } from "./fuse_layers.ts";
import { placeLayer } from "./key_map.ts";
import { LoraError, type UnmatchedLora } from "./lora_error.ts";
import type { LoraMatrix, LoraPair } from "./lora_file.ts";
import { type LoraStyle, SPELLINGS } from "./lora_style.ts";
import { swapHalves } from "./split_fused.ts";

/** MLP width over model width, in every FLUX. */
const MLP_RATIO = 4;

/** A module to be written: its layers, those without an update undefined. */
interface Module {
  readonly layers: readonly string[];
  readonly parts: Part[];
  readonly halvesSwapped: boolean;
}

/** Arrays of a LoRA file in the names of a style. */
export function loraTensors(
  pairs: ReadonlyMap<string, LoraPair>,
  options: {
    path: string;
    style: LoraStyle;
    dtype: LoraMatrix["dtype"] | undefined;
  },
): Record<string, TensorData> {
  const { path, style, dtype } = options;
  const spelling = SPELLINGS[style];
  const tensors: Record<string, TensorData> = {};
  const modules = modulesOf(pairs, { path, style });
  // diffusers takes alphas for all layers or for none
  const alphas = spelling.alpha === "always" ||
    spelling.alpha === "needed" &&
      [...modules.values()].some(({ scaling }) => scaling !== 1);
  for (const [name, pair] of modules) {
    const { A, B, alpha, scaling } = spelling.alpha === "never"
      ? folded(pair)
      : pair;
    const rank = A.shape[0];
    const start = spelling.prefix + name;
    const array = (name: string, matrix: LoraMatrix) => {
      tensors[name] = tensorData(matrix, { path, name, dtype });
    };
    array(start + spelling.A, A);
    array(start + spelling.B, B);
    if (!alphas) continue;
    // rsLoRA has another rule than alpha / r
    const written = scaling === alpha / rank ? alpha : scaling * rank;
    const data = Float32Array.of(written);
    tensors[`${start}.alpha`] = { dtype: "F32", shape: [], data };
  }
  return tensors;
}

/** Updates by module of a style. */
function modulesOf(
  pairs: ReadonlyMap<string, LoraPair>,
  { path, style }: { path: string; style: LoraStyle },
): ReadonlyMap<string, LoraPair> {
  const { keyMap } = SPELLINGS[style];
  if (keyMap === undefined) return pairs;
  const modules = new Map<string, Module>();
  const unmatched: UnmatchedLora[] = [];
  for (const [layer, pair] of pairs) {
    const place = placeLayer(keyMap, layer);
    if (place === undefined) {
      const reason = `has no name in ${style}`;
      unmatched.push({ key: layer, reason, nearest: undefined });
      continue;
    }
    let module = modules.get(place.module);
    if (module === undefined) {
      const parts = place.found.layers.map(() => undefined);
      modules.set(place.module, module = { ...place.found, parts });
    }
    module.parts[place.at] = pair;
  }
  const [first] = unmatched;
  if (first !== undefined) {
    throw new LoraError(
      `Cannot write LoRA "${path}" as each layer must have a name in ${style}: got ${unmatched.length} of ${pairs.size} without, the first "${first.key}"`,
      { path, unmatched },
    );
  }
  return new Map([...modules].map(([name, module]) => [
    name,
    fuse(module, { path, name }),
  ]));
}

/** Puts the layers of a module together. */
function fuse(
  { layers, parts, halvesSwapped }: Module,
  { path, name }: { path: string; name: string },
): LoraPair {
  const present = parts.filter((part) => part !== undefined);
  const into = present[0]!.A.shape[1];
  // a layer without an update is as wide as its neighbours
  const square = layers.length > 1 && layers.at(-1)!.endsWith(".proj_mlp");
  const width = square ? into : present[0]!.B.shape[0];
  const widths = layers.map((layer, i) =>
    square && layer.endsWith(".proj_mlp")
      ? parts[i]?.B.shape[0] ?? MLP_RATIO * into
      : width
  );
  parts.forEach((part, i) => {
    if (part === undefined) return;
    const [[out], [, columns]] = [part.B.shape, part.A.shape];
    if (out === widths[i] && columns === into) return;
    throw new LoraError(
      `Cannot write LoRA "${path}" as "${name}" needs "${layers[i]}" to be [${
        widths[i]
      }, ${into}]: got [${out}, ${columns}]`,
      { path },
    );
  });
  const fused = fuseLayers(parts, widths);
  return halvesSwapped ? swapHalves(fused) : fused;
}

/** The same update with a scaling of 1. */
function folded({ A, B, scaling }: LoraPair): LoraPair {
  return { A, B: scaled(B, scaling), alpha: A.shape[0], scaling: 1 };
}

/** A matrix to be stored, of another type where one is asked for. */
function tensorData(
  matrix: LoraMatrix,
  { path, name, dtype = matrix.dtype }: {
    path: string;
    name: string;
    dtype: LoraMatrix["dtype"] | undefined;
  },
): TensorData {
  const bad = findNonFinite(matrix);
  if (bad !== -1) {
    throw new LoraError(
      `Cannot write LoRA "${path}" as weights must be finite: got NaN or infinity in "${name}" at element ${bad}`,
      { path },
    );
  }
  const { shape, data } = converted(matrix, dtype);
  const over = findNonFinite({ dtype, shape, data });
  if (over !== -1) {
    throw new LoraError(
      `Cannot write LoRA "${path}" as ${dtype} must hold its values: got ${
        widened(matrix).data[over]
      } in "${name}" at element ${over}, which F32 holds`,
      { path },
    );
  }
  const { buffer, byteOffset, byteLength } = data;
  return { dtype, shape, data: new Uint8Array(buffer, byteOffset, byteLength) };
}
