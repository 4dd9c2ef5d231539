import assert from "node:assert/strict";
import { readMethodOptions, withDefaults } from "./method_options.ts";
import { findMethod, METHODS } from "./methods.ts";

Deno.test("options of methods are read as what they are", () => {
  const options = readMethodOptions(findMethod("stable-flow"), [
    "steps=8",
    "steps=9",
    "blocks=0,3-5",
    "nudge=1.5",
    "reference=matched",
    "target=a = b",
    "source=",
  ]);
  assert.deepEqual(options, {
    steps: 9,
    blocks: [0, 3, 4, 5],
    nudge: 1.5,
    reference: "matched",
    target: "a = b",
    source: "",
  });
});

for (
  const [given, message] of [
    [
      "steps",
      'Cannot set steps of sdedit as it must be an integer from 1 to 100000: got "steps"',
    ],
    [
      "steps=0",
      'Cannot set steps of sdedit as it must be an integer from 1 to 100000: got "0"',
    ],
    [
      "strength=2",
      'Cannot set strength of sdedit as it must be a number from 0 to 1: got "2"',
    ],
    [
      "guidance=",
      'Cannot set guidance of sdedit as it must be a number from 0 to 1000: got ""',
    ],
    [
      "toString=1",
      'Cannot set an option of sdedit as it must be one of steps, strength, guidance, source, target: got "toString"',
    ],
  ] as const
) {
  Deno.test(`an option "${given}" is refused`, () => {
    const read = () => readMethodOptions(findMethod("sdedit"), [given]);
    assert.throws(read, { message });
  });
}

for (const blocks of ["", "x", "1-", "5-3", "0,,1", "0-99999"]) {
  Deno.test(`blocks "${blocks}" are refused`, () => {
    assert.throws(
      () => readMethodOptions(findMethod("p2p"), [`blocks=${blocks}`]),
      /places of blocks from 0/,
    );
  });
}

Deno.test("every option of every method has a value that it can read", () => {
  for (const { name, options } of METHODS) {
    for (const [key, { value, about, read }] of Object.entries(options)) {
      assert.notEqual(about, "", `${name} ${key}`);
      if (value !== undefined) assert.deepEqual(read(`${value}`), value);
    }
    assert.deepEqual(Object.keys(withDefaults(options)), Object.keys(options));
  }
});
