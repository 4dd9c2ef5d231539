import { parseModelConfig } from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { z } from "zod";

const schema = z.object({
  layers: z.int("must be an integer"),
  axes: z.array(z.int("must be an integer")).optional(),
});
const options = { path: "vae/config.json", architecture: "AutoencoderKL" };
const refuse = (json: unknown, message: string) =>
  assert.throws(() => parseModelConfig(json, schema, options), {
    name: "FormatError",
    message: `Cannot read "vae/config.json" as ${message}`,
    path: "vae/config.json",
  });

Deno.test("parseModelConfig() ignores fields that it does not know", () => {
  assert.deepEqual(
    parseModelConfig(
      { layers: 2, _diffusers_version: "0.30" },
      schema,
      options,
    ),
    { layers: 2 },
  );
});

Deno.test("parseModelConfig() names another architecture", () => {
  const rule = "the architecture must be AutoencoderKL: got";
  refuse({ _class_name: "UNet2DModel", layers: 2 }, `${rule} UNet2DModel`);
  refuse({ architectures: ["CLIPTextModel"] }, `${rule} CLIPTextModel`);
});

Deno.test("parseModelConfig() names the field and what it holds", () => {
  refuse({}, '"layers" must be an integer: got nothing');
  refuse({ layers: "2" }, '"layers" must be an integer: got "2"');
  refuse({ layers: 2, axes: [1, 0.5] }, '"axes.1" must be an integer: got 0.5');
});

Deno.test("parseModelConfig() refuses what is no object", () => {
  refuse([1], "a config must be an object: got [1]");
  refuse(null, "a config must be an object: got null");
});
