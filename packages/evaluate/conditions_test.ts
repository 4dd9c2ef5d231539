import {
  CONDITIONS,
  drawnSets,
  type Editor,
  MORE_CONDITIONS,
  SUITES,
} from "@edit-transfer/evaluate";
import assert from "node:assert/strict";

const sets = drawnSets({ seed: 1, count: 3, size: 8 });
const all = [...CONDITIONS, ...MORE_CONDITIONS];

Deno.test("every condition has a name of its own, and suites know them", () => {
  const names = all.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  for (const wanted of Object.values(SUITES).flat()) {
    assert.ok(names.includes(wanted), wanted);
  }
});

Deno.test("wrong words are those of another edit, and a metric sees the right ones", async () => {
  const told: string[] = [];
  const editor: Editor = {
    edit: ({ words, query }) => {
      told.push(words);
      return Promise.resolve(query);
    },
    reconstruct: (picture) => Promise.resolve(picture),
  };
  const wrong = all.find(({ name }) => name === "wrong-words")!;
  const cases = await wrong.cases(sets);
  for (const [seed, one] of cases.entries()) {
    await wrong.output(one, editor, { seed });
  }
  const words = (await sets.seen()).map((one) => one.words);
  assert.deepEqual(cases.map((one) => one.words), words);
  assert.deepEqual(told, [words[1], words[2], words[0]]);
});

Deno.test("conditions on drawn sets have cases of what they are about", async () => {
  for (const { name, cases } of MORE_CONDITIONS) {
    const drawn = await cases(sets);
    assert.equal(drawn.length, 3, name);
    assert.ok(drawn.every(({ answer }) => answer !== undefined), name);
  }
});
