import assert from "node:assert/strict";
import { identity } from "../identity.ts";
import { createRandom } from "../random.ts";
import { renderSheet } from "../render.ts";
import { neutralState, type State } from "../state.ts";
import { EDIT_TYPES, UNSEEN_EDIT_TYPES } from "./mod.ts";

const ALL = [...EDIT_TYPES, ...UNSEEN_EDIT_TYPES];
const SIZE = 64;
const BYTES = SIZE * SIZE * 3;

/** Pictures before and after an edit, for the first figures on which it shows. */
function pairsOf(type: typeof ALL[number], count: number): [State, State][] {
  const pairs: [State, State][] = [];
  for (let number = 0; pairs.length < count; number++) {
    const random = createRandom([type.name, number]);
    const framing = type.framings[0]!;
    const source = neutralState(identity("train", number), { framing, random });
    const parameters = type.sample(random, type.framings[0]!);
    if (type.shows?.(source, parameters) ?? true) {
      pairs.push([source, type.apply(source, parameters)]);
    }
  }
  return pairs;
}

/** Pixels that differ by more than 24 levels in some channel. */
function changed(a: Uint8Array, b: Uint8Array): number {
  let count = 0;
  for (let p = 0; p < a.length; p += 3) {
    if ([p, p + 1, p + 2].some((i) => Math.abs(a[i]! - b[i]!) > 24)) count++;
  }
  return count;
}

Deno.test("there are the 21 types of the paper and at least four more", () => {
  assert.equal(EDIT_TYPES.length, 21);
  assert(UNSEEN_EDIT_TYPES.length >= 4);
  assert.equal(new Set(ALL.map(({ name }) => name)).size, ALL.length);
  assert.equal(new Set(ALL.map(({ words }) => words)).size, ALL.length);
});

for (const type of ALL) {
  Deno.test(`${type.name} changes at least one pixel in a hundred`, async () => {
    const panels = await renderSheet(pairsOf(type, 8).flat(), { size: SIZE });
    for (let at = 0; at < panels.length; at += 2 * BYTES) {
      const count = changed(
        panels.subarray(at, at + BYTES),
        panels.subarray(at + BYTES, at + 2 * BYTES),
      );
      assert(
        count >= 0.01 * SIZE * SIZE,
        `pair ${at / BYTES / 2}: ${count} pixels`,
      );
    }
  });

  Deno.test(`${type.name} has parameters that show and that its words do not tell`, async () => {
    const random = createRandom(["parameters", type.name]);
    const [source] = pairsOf(type, 1)[0]!;
    const drawn = Array.from(
      { length: 12 },
      () => type.sample(random, type.framings[0]!),
    );
    const panels = await renderSheet(drawn.map((p) => type.apply(source, p)), {
      size: SIZE,
    });
    const looks = new Set(
      drawn.map((_, i) => panels.subarray(i * BYTES, (i + 1) * BYTES).join()),
    );
    assert(looks.size >= 4, `only ${looks.size} of 12 draws differ`);
    for (const value of drawn.flatMap((p) => Object.values(p))) {
      assert(
        typeof value === "boolean" ||
          !type.words.split(" ").includes(String(value)),
      );
    }
  });
}

Deno.test("an edit leaves the state it is given as it was", () => {
  for (const type of ALL) {
    const [[source]] = pairsOf(type, 1) as [[State, State]];
    const before = structuredClone(source);
    type.apply(source, type.sample(createRandom(["again"]), type.framings[0]!));
    assert.deepEqual(source, before);
  }
});
