import type { WeightSource } from "@edit-transfer/weights";
import { type AdapterConfigs, readAdapterConfigs } from "./_adapter_config.ts";
import { formOf } from "./forms/mod.ts";
import { groupNames, type LoraModule, twice } from "./group_names.ts";
import { findModule, type FoundModule } from "./key_map.ts";
import { LoraError } from "./lora_error.ts";
import type { LayerUpdate, LoraFile } from "./lora_file.ts";
import type { LoraStyle } from "./lora_style.ts";
import { layerKey } from "./model_part.ts";
import { readUpdate } from "./read_update.ts";
import { splitUpdate, splitWidths } from "./split_fused.ts";
import { readTraining } from "./training.ts";

/**
 * Reads a LoRA, in the names of any of the trainers of FLUX.
 *
 * - `peft`: `transformer.<layer>.lora_A.weight`, `.lora_B.weight`, as PEFT,
 *   diffusers and ai-toolkit write them; the prefix may also be
 *   `base_model.model.`, `diffusion_model.` or absent, and the name of an
 *   adapter may stand before `.weight`.
 * - `bfl`: the same with the modules of flux, `double_blocks.0.img_attn.qkv`.
 * - `kohya`: `lora_unet_double_blocks_0_img_attn_qkv.lora_down.weight`.
 * - `xlabs`: `double_blocks.0.processor.qkv_lora1.down.weight`.
 *
 * Each may have layers of CLIP and T5, biases, DoRA's magnitudes, LyCORIS's LoHa,
 * LoKr and whole differences, and gains of norms. Modules that hold several
 * layers are split. What stands for no layer keeps its name, and then matches
 * none when it is attached. Without an alpha, in the file, in its
 * `lora_adapter_metadata` or in the `adapter_config.json` beside it, it is the
 * rank; 0 adds nothing.
 *
 * Source: `FluxLoraLoaderMixin.lora_state_dict` of huggingface/diffusers
 * 0.42.1, loaders/lora_pipeline.py, and `LoraLayer` of huggingface/peft 0.21.2.
 *
 * @param source File of the LoRA; all of it is read.
 * @returns The LoRA in memory, independent of the source.
 *
 * @throws {LoraError} If the file is no LoRA, is incomplete, or has values that
 * are not finite.
 *
 * @example Usage
 * ```ts
 * import { readLora } from "@edit-transfer/lora";
 * import { memoryWeights } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * const matrix = (rows: number, columns: number) => ({
 *   dtype: "F32" as const,
 *   shape: [rows, columns],
 *   data: new Float32Array(rows * columns).fill(0.5),
 * });
 * const lora = await readLora(memoryWeights({
 *   "lora_unet_double_blocks_0_img_attn_qkv.lora_down.weight": matrix(2, 6),
 *   "lora_unet_double_blocks_0_img_attn_qkv.lora_up.weight": matrix(18, 2),
 * }, { metadata: { panel_mode: "panel" } }));
 *
 * assert.equal(lora.style, "kohya");
 * assert.equal(lora.panelMode, "panel");
 * const update = lora.layers.get("transformer_blocks.0.attn.to_q");
 * assert.ok(update?.kind === "lowRank");
 * assert.deepEqual([update.B.shape, update.scaling], [[6, 2], 1]);
 * ```
 */
export async function readLora(source: WeightSource): Promise<LoraFile> {
  const { path, metadata } = source;
  const { modules, extras } = groupNames(source);
  const configs = await readAdapterConfigs(path, {
    metadata,
    names: source.names(),
  });
  const layers = new Map<string, LayerUpdate>();
  const holders = new Map<string, string>();
  for (const module of modules) {
    const update = await readUpdate(source, {
      module,
      config: configs[module.part ?? "transformer"],
    });
    for (const [layer, part] of layersOf(path, { module, update })) {
      const other = holders.get(layer);
      if (other !== undefined) throw twice(path, other, module.first);
      holders.set(layer, module.first);
      layers.set(layer, part);
    }
  }
  return {
    path,
    style: mainStyle(modules),
    metadata,
    ...readTraining(metadata),
    rank: [...layers.values()].reduce(
      (rank, update) => Math.max(rank, formOf(update).rank(update) ?? 0),
      0,
    ),
    layers,
    extras,
    notices: noticesOf(layers, { extras, modules, configs }),
  };
}

/** The style of most modules. */
function mainStyle(modules: readonly LoraModule[]): LoraStyle {
  const counts = new Map<LoraStyle, number>();
  for (const { style } of modules) {
    counts.set(style, (counts.get(style) ?? 0) + 1);
  }
  return [...counts].reduce((most, one) => one[1] > most[1] ? one : most)[0];
}

/** Splits a module into the layers of the model that it stands for. */
function layersOf(
  path: string,
  { module, update }: { module: LoraModule; update: LayerUpdate },
): [key: string, update: LayerUpdate][] {
  const { part, keyMap, name, start } = module;
  if (part === undefined) return [[start, update]];
  const found = keyMap === undefined
    ? { layers: [name], halvesSwapped: false }
    : findModule(keyMap, name);
  if (found === undefined) {
    const path = start.replace(/^text_model\./, "");
    return [[start === name ? layerKey(part, path) : start, update]];
  }
  return splitModule(path, { module, update, found })
    .map(([layer, update]) => [layerKey(part, layer), update]);
}

function splitModule(
  path: string,
  { module, update, found }: {
    module: LoraModule;
    update: LayerUpdate;
    found: FoundModule;
  },
): [layer: string, update: LayerUpdate][] {
  const { layers, halvesSwapped } = found;
  if (layers.length === 1 && !halvesSwapped) return [[layers[0]!, update]];
  const [rows, into] = formOf(update).shape(update) as [number, number];
  const widths = splitWidths(layers, { rows, into });
  if (widths === undefined || halvesSwapped && rows % 2 !== 0) {
    const rule = halvesSwapped
      ? "two halves"
      : layers.map((layer) => layer.split(".").at(-1)).join(", ");
    throw new LoraError(
      `Cannot read "${path}" as "${module.outputs}" must have rows for ${rule} of a layer ${into} wide: got ${rows} rows`,
      { path },
    );
  }
  return splitUpdate(update, { found, widths });
}

/** What a user should know. */
function noticesOf(
  layers: LoraFile["layers"],
  { extras, modules, configs }: {
    extras: LoraFile["extras"];
    modules: readonly LoraModule[];
    configs: AdapterConfigs;
  },
): string[] {
  const notices: string[] = [];
  const without = [...layers].filter(([, update]) =>
    "alpha" in update && update.alpha === 0
  );
  if (without.length > 0) {
    notices.push(
      `alpha is 0 for ${without.length} of ${layers.size} layers, to which nothing is added, the first "${
        without[0]![0]
      }"`,
    );
  }
  const foreign = extras.filter(({ harmless }) => harmless);
  if (foreign.length > 0) {
    notices.push(
      `${foreign.length} arrays change no layer and are left out, the first "${
        foreign[0]!.key
      }", which ${foreign[0]!.reason}`,
    );
  }
  const untargeted = modules.filter(({ part, name }) =>
    part !== undefined && !configs[part].targets(name)
  );
  if (untargeted.length > 0) {
    notices.push(
      `target_modules of its config leaves out ${untargeted.length} of ${modules.length} modules that the file has, the first "${
        untargeted[0]!.name
      }"; they act as in diffusers`,
    );
  }
  return notices;
}
