/**
 * Writes LoRAs of the embedded model, and what it makes of fixed inputs with
 * each, for lora_in_diffusers.py to compare.
 *
 * Usage: deno run -A tools/goldens/lora_in_diffusers.ts FOLDER
 */
import { FluxTransformer, parseFluxConfig } from "@edit-transfer/dit";
import { initLora, type LowRankUpdate, saveLora } from "@edit-transfer/lora";
import { attachLora, readLora } from "@edit-transfer/lora";
import { openDevice, ParameterReader, Tensor } from "@edit-transfer/tensor";
import { randomArray } from "@edit-transfer/testing";
import {
  openSafetensors,
  openWeights,
  type TensorData,
  writeSafetensors,
} from "@edit-transfer/weights";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const MICRO = fileURLToPath(new URL("../../models/micro", import.meta.url));
const [folder = "."] = process.argv.slice(2);

using device = await openDevice("cpu");
await using weights = await openWeights(join(MICRO, "transformer"));
const configPath = join(MICRO, "transformer/config.json");
const config = parseFluxConfig(
  JSON.parse(await readFile(configPath, "utf8")),
  configPath,
);
using model = await FluxTransformer.load(
  new ParameterReader(device, weights),
  config,
);

const T = 5;
const grid = 4;
const imgIds = Array.from({ length: grid * grid }, (_, i) => [
  0,
  Math.floor(i / grid),
  i % grid,
]);
const array = (seed: number, shape: number[]): TensorData => ({
  dtype: "F32",
  shape,
  data: Float32Array.from(randomArray(seed, shape.reduce((n, d) => n * d))),
});
const inputs = {
  img: array(1, [1, grid * grid, config.inChannels]),
  txt: array(2, [1, T, config.jointAttentionDim]),
  pooled: array(3, [1, config.pooledProjectionDim]),
};

async function velocity(): Promise<TensorData> {
  const tensor = ({ shape, data }: TensorData) =>
    Tensor.from(device, data, { shape });
  using img = tensor(inputs.img);
  using txt = tensor(inputs.txt);
  using pooled = tensor(inputs.pooled);
  using v = model.forward({
    img,
    txt,
    pooled,
    timestep: 0.7,
    guidance: 1,
    imgIds,
    txtIds: Array.from({ length: T }, () => [0, 0, 0]),
  });
  const data = Float32Array.from(await v.data());
  return { dtype: "F32", shape: v.shape, data };
}

/** A LoRA as training leaves it behind: B not zero. */
async function trained(options: {
  rank: number;
  readonly alpha?: number | undefined;
  readonly targets?: string[] | undefined;
}): Promise<ReadonlyMap<string, LowRankUpdate>> {
  using lora = initLora(model.linears(), { seed: 1, ...options });
  const values = lora.parameters().map(({ shape, size }, i) =>
    i % 2 === 0
      ? lora.parameters()[i]!
      : Tensor.from(device, randomArray(i, size, 0.05), { shape })
  );
  lora.replace(values);
  const layers = new Map<string, LowRankUpdate>();
  for (const [path, update] of (await lora.download()).layers) {
    if (update.kind === "lowRank") layers.set(path, update);
  }
  return layers;
}

const training = {
  baseModel: "edit-transfer/micro",
  panelMode: "panel",
  panelSize: 64,
  guidance: 1,
  template: "four panels: plain, {edit}, plain, {edit}",
  step: 100,
};
const attention = await trained({ rank: 2, targets: ["attn.*"] });
const cases: Record<string, ReadonlyMap<string, LowRankUpdate>> = {
  all_layers: await trained({ rank: 4 }),
  other_alpha: await trained({ rank: 4, alpha: 2 }),
  two_ranks: new Map([...await trained({ rank: 4 }), ...attention]),
  two_ranks_and_alphas: new Map([
    ...await trained({ rank: 4, alpha: 1 }),
    ...attention,
  ]),
  attention_only: attention,
  kohya: await trained({ rank: 4, alpha: 2 }),
};
const outputs: Record<string, TensorData> = { base: await velocity() };
for (const [name, pairs] of Object.entries(cases)) {
  const style = name === "kohya" ? "kohya" : "peft";
  await saveLora(join(folder, `${name}.safetensors`), { layers: pairs }, {
    style,
    training,
  });
}
for (const name of [...Object.keys(cases), "shipped"]) {
  const path = name === "shipped"
    ? join(MICRO, "lora/edit_transfer.safetensors")
    : join(folder, `${name}.safetensors`);
  await using source = await openSafetensors(path);
  using _ = attachLora(model.linears(), await readLora(source));
  outputs[name] = await velocity();
}
await writeSafetensors(join(folder, "velocities"), { ...inputs, ...outputs });
