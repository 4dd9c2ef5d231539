import assert from "node:assert/strict";
import { chooseTargets } from "./choose_targets.ts";

const PATHS = [
  "transformer_blocks.0.attn.to_q",
  "transformer_blocks.0.ff.net.2",
  "single_transformer_blocks.1.attn.to_q",
  "single_transformer_blocks.1.proj_out",
];
const OUTER = ["x_embedder", "norm_out.linear", "proj_out"];

Deno.test("targets have one of the parts, and none of the others", () => {
  assert.deepEqual(chooseTargets(PATHS, { only: [], ignore: [] }), PATHS);
  assert.deepEqual(
    chooseTargets(PATHS, { only: ["attn", "ff"], ignore: ["single_"] }),
    PATHS.slice(0, 2),
  );
});

Deno.test("layers outside of blocks are targets by their whole name", () => {
  const all = [...PATHS, ...OUTER];
  const choose = (...only: string[]) =>
    chooseTargets(all, { only, ignore: [] });
  assert.deepEqual(choose(), PATHS);
  assert.deepEqual(choose("x_embedder", "norm_out.linear"), OUTER.slice(0, 2));
  assert.deepEqual(choose("proj_out"), [PATHS[3]]);
  assert.deepEqual(choose("transformer.proj_out"), ["proj_out"]);
});

Deno.test("no target at all is refused", () => {
  assert.throws(() => chooseTargets(PATHS, { only: ["to_z"], ignore: [] }), {
    message:
      'Cannot train as network.network_kwargs must leave a layer: got none of 4 with only_if_contains ["to_z"] and ignore_if_contains []',
  });
});
