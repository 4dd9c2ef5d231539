import assert from "node:assert/strict";
import { z } from "zod";
import { parseModelConfig } from "./model_config.ts";

const schema = z.object({
  layers: z.int("must be an integer"),
  norm: z.object({ eps: z.number("must be a number") }).optional(),
});
const options = { path: "a/config.json", architecture: "Toy" };

Deno.test("parseModelConfig() takes a config that names its class, or none", () => {
  for (
    const name of [{}, { _class_name: "Toy" }, { architectures: ["Toy", "B"] }]
  ) {
    assert.deepEqual(
      parseModelConfig({ ...name, layers: 2, more: 1 }, schema, options),
      { layers: 2 },
    );
  }
});

Deno.test("parseModelConfig() names the place, the rule and what it got", async (t) => {
  const cases: [json: unknown, message: string][] = [
    [null, "a config must be an object: got null"],
    ["{}", 'a config must be an object: got "{}"'],
    [
      { architectures: ["Other", "Third"], layers: 2 },
      "the architecture must be Toy: got Other, Third",
    ],
    [{}, '"layers" must be an integer: got nothing'],
    [{ layers: 1.5 }, '"layers" must be an integer: got 1.5'],
    [
      { layers: 2, norm: { eps: "x".repeat(100) } },
      `"norm.eps" must be a number: got "${"x".repeat(56)}...`,
    ],
  ];
  for (const [json, message] of cases) {
    await t.step(message, () => {
      assert.throws(() => parseModelConfig(json, schema, options), {
        name: "FormatError",
        message: `Cannot read "a/config.json" as ${message}`,
      });
    });
  }
});
