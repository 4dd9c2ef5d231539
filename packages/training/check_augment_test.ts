import assert from "node:assert/strict";
import { NONE } from "./_test_augment.ts";
import { checkAugment } from "./check_augment.ts";
import type { AugmentConfig, DataConfig, TrainConfig } from "./train_config.ts";

function check(
  augment: Partial<AugmentConfig>,
  captions: string[],
  { panelMode = "panel", figures }: {
    panelMode?: TrainConfig["panelMode"];
    figures?: DataConfig["figures"];
  } = {},
) {
  const data = [{ figures } as DataConfig];
  const config = { augment: { ...NONE, ...augment }, panelMode, data };
  return () => checkAugment(config, captions);
}

Deno.test("what captions name may not be changed", () => {
  check({ mirror: 0.5 }, ["raising the arms", "leftovers"])();
  check({ mirror: 0 }, ["raising the left arm"])();
  assert.throws(check({ mirror: 0.5 }, ["waving", "raising the left arm"]), {
    name: "ConfigError",
    message:
      'Cannot use augment.mirror as no caption may name a side: got "raising the left arm"',
  });
  assert.throws(
    check({ colours: { probability: 1, degrees: 9 } }, ["a red hat"]),
    /^ConfigError: Cannot use augment\.colours as no caption may name a colour: got "a red hat"$/,
  );
});

Deno.test("rows of panels that were encoded as one stay where they are", () => {
  for (const key of ["exchangeRows", "exchangeRoles", "pairings"] as const) {
    const joint = { panelMode: "joint" } as const;
    assert.throws(
      check({ [key]: 0.5 }, ["a"], joint),
      /got panel_mode "joint"/,
    );
  }
});

Deno.test("pairings need captions that tell edits apart", () => {
  assert.throws(check({ pairings: 0.5 }, ["a", " "]), /got an empty one/);
  const figures = { split: "train", seed: 1, count: 2, compose: 1 } as const;
  assert.throws(check({ pairings: 0.5 }, ["a"], { figures }), /set of figures/);
});
