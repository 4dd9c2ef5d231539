import assert from "node:assert/strict";
import { readTargets } from "./_peft_targets.ts";

const PATHS = [
  "model.layers.0.to_q",
  "model.layers.1.to_q",
  "layers.1.to_q",
  "transformer_blocks.1.attn.to_q",
  "single_transformer_blocks.1.attn.to_q",
  "transformer_blocks.1.ff.net.2",
  "a.transformer_blocks.1.ff.net.2",
  "proj_out",
  "transformer_blocks.1.proj_out",
];

// what check_target_module_exists of peft 0.21.2 finds, by index
const CASES: readonly [config: Record<string, unknown>, found: number[]][] = [
  [{}, [0, 1, 2, 3, 4, 5, 6, 7, 8]],
  [{ target_modules: ["to_q"] }, [0, 1, 2, 3, 4]],
  [{ target_modules: ".*to_q" }, [0, 1, 2, 3, 4]],
  [{ target_modules: ["to_q", "net.2"], layers_to_transform: [1] }, [1, 6]],
  [{
    target_modules: ["to_q", "net.2"],
    layers_to_transform: 1,
    layers_pattern: "layers",
  }, [1, 2]],
  [{
    target_modules: ["to_q", "net.2"],
    layers_to_transform: [1],
    layers_pattern: ["transformer_blocks"],
  }, [3, 5, 6]],
  [{
    target_modules: ["proj_out"],
    exclude_modules: ["transformer_blocks.1.proj_out"],
  }, [7]],
  [{ target_modules: ["to_q"], exclude_modules: ".*single.*" }, [0, 1, 2, 3]],
  [{
    target_modules: "transformer_blocks\\.\\d+\\..*",
    exclude_modules: ["net.2"],
  }, [3, 8]],
  [{
    target_modules: ["to_q", "net.2", "proj_out"],
    layers_to_transform: [1, 2],
    layers_pattern: "(single_)?transformer_blocks",
  }, [3, 4, 5, 6, 7, 8]],
];

Deno.test("readTargets() finds what PEFT does", async () => {
  for (const [config, found] of CASES) {
    const place = { path: "a.safetensors", where: "the config" };
    const targets = await readTargets((name) => config[name], place);
    assert.deepEqual(
      PATHS.filter(targets),
      found.map((i) => PATHS[i]),
      JSON.stringify(config),
    );
  }
});

Deno.test("readTargets() refuses what is no pattern", async () => {
  const place = { path: "a.safetensors", where: "the config" };
  const fields: Record<string, unknown> = { target_modules: "(to_q" };
  await assert.rejects(readTargets((name) => fields[name], place), {
    name: "LoraError",
    message:
      'Cannot read the config as a pattern must be a regular expression without lookarounds: got "(to_q"',
  });
});
