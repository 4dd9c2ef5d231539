import {
  PAIR_TERMS,
  pairScore,
  type PairTerms,
  pairTerms,
} from "@edit-transfer/people";
import assert from "node:assert/strict";
import { testPanel } from "./_test_panel.ts";
import { testFace } from "./_test_person.ts";

const of = (value: number | undefined): PairTerms => ({
  identity: value,
  background: value,
  scale: value,
  figureColours: value,
  backgroundColours: value,
});

Deno.test("pairTerms() are larger for one person in one place", () => {
  const panel = (level: number, embedding: number[], width: number) =>
    testPanel({
      room: [level, level, level],
      figure: [level, 0, 0],
      at: [10, 10, 20, 50],
      person: { face: testFace({ embedding, box: [0, 0, width, width] }) },
    });
  const before = panel(80, [1, 0], 20);
  const same = pairTerms(before, panel(84, [1, 0.5], 21));
  const other = pairTerms(before, panel(180, [0, 1], 60));
  for (const name of PAIR_TERMS) assert.ok(same[name]! > other[name]!, name);
  assert.ok(pairScore(same)! > 0.5 && pairScore(other)! < 0.5);
});

Deno.test("pairScore() leaves out what is unknown", () => {
  const fitted = { bias: 0, mean: [0, 1, 2, 3, 4], weight: [1, 1, 1, 1, 1] };
  const known = { ...of(undefined), scale: 2 };
  assert.equal(pairScore(known, fitted), 0.5);
  assert.equal(
    pairScore({ ...known, identity: 3 }, fitted),
    1 / (1 + Math.exp(-3)),
  );
});

Deno.test("pairScore() of nothing is unknown, not 0", () => {
  assert.equal(pairScore(of(undefined)), undefined);
});

Deno.test("every term of the fitted pairScore() speaks for a pair", () => {
  for (const name of PAIR_TERMS) {
    const [less, more] = [0.2, 0.9].map((x) =>
      pairScore({ ...of(0), [name]: x })!
    );
    assert.ok(more! > less!, name);
  }
});
