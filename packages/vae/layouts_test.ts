import {
  mapKeys,
  memoryWeights,
  openSafetensors,
  type WeightSource,
} from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { vaeConfigOf } from "./config_of_weights.ts";
import { KEY_MAP_BFL_VAE } from "./key_map_bfl_vae.ts";

const GOLDENS = new URL("../../fixtures/goldens/", import.meta.url);
const open = (path: string) =>
  openSafetensors(fileURLToPath(new URL(path, GOLDENS)));

Deno.test("a BFL file has the arrays that diffusers converts it to, to the bit", async () => {
  await using expected = await open("vae/tiny.safetensors");
  await using source = mapKeys(
    await open("layouts/vae_bfl.safetensors"),
    KEY_MAP_BFL_VAE,
  );
  assert.deepEqual([...source.names()].sort(), [...expected.names()].sort());
  for (const name of source.names()) {
    assert.deepEqual(source.info(name), expected.info(name));
    assert.deepEqual(await source.read(name), await expected.read(name), name);
  }
});

Deno.test("the map covers the autoencoder of FLUX.1, every name and shape of it", () => {
  const { vae, vae_bfl } = JSON.parse(
    readFileSync(new URL("layouts/names.json", GOLDENS), "utf8"),
  );
  const shapes = vae_bfl as Record<string, number[]>;
  const stored: WeightSource = {
    ...memoryWeights({}),
    names: () => Object.keys(shapes),
    has: (name) => name in shapes,
    info: (name) => ({
      name,
      dtype: "F32",
      shape: shapes[name]!,
      sizeBytes: 0,
    }),
  };
  const source = mapKeys(stored, KEY_MAP_BFL_VAE);
  const mapped = [...source.names()].map((name) =>
    [name, source.info(name).shape] as const
  );
  assert.equal(mapped.length, 244);
  assert.deepEqual(Object.fromEntries(mapped), vae);
  assert.deepEqual(vaeConfigOf(source), {
    blockOutChannels: [128, 256, 512, 512],
    layersPerBlock: 2,
    latentChannels: 16,
    normNumGroups: 32,
    midBlockAddAttention: true,
    useQuantConv: false,
    usePostQuantConv: false,
    sampleSize: 1024,
    scalingFactor: 0.3611,
    shiftFactor: 0.1159,
    downscale: 8,
  });
});
