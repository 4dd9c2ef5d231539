import assert from "node:assert/strict";
import { chooseTargets } from "./choose_targets.ts";

const PATHS = [
  "a.0.attn.to_q",
  "a.0.ff.net.2",
  "a.1.attn.to_q",
  "a.1.norm.linear",
];

Deno.test("targets have one of the parts, and none of the others", () => {
  assert.deepEqual(chooseTargets(PATHS, { only: [], ignore: [] }), PATHS);
  assert.deepEqual(
    chooseTargets(PATHS, { only: ["attn", "ff"], ignore: ["a.1."] }),
    PATHS.slice(0, 2),
  );
});

Deno.test("no target at all is refused", () => {
  assert.throws(() => chooseTargets(PATHS, { only: ["to_z"], ignore: [] }), {
    message:
      'Cannot train as network.network_kwargs must leave a layer: got none of 4 with only_if_contains ["to_z"] and ignore_if_contains []',
  });
});
