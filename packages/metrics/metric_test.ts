import type { Image } from "@edit-transfer/image";
import {
  type EditScore,
  gain,
  keep,
  scoreEdit,
  seedSpread,
  win,
} from "@edit-transfer/metrics";
import assert from "node:assert/strict";

/** A 9×1 picture: its left pixel red, the others dark. */
function picture(left: number, others: number): Image {
  const data = new Uint8Array(27).fill(others);
  data.set([left, 0, 0]);
  return { width: 9, height: 1, data };
}

/** All measures of a set. */
function summaryOf(scores: readonly EditScore[]) {
  return {
    gain: gain.summarize(scores),
    keep: keep.summarize(scores),
    win: win.summarize(scores),
  };
}

const query = picture(0, 10);
const answer = picture(100, 10);

Deno.test("an output equal to the answer has gain 1, keep ∞ and wins", () => {
  const scores = [scoreEdit(answer, { query, answer })];
  assert.deepEqual(summaryOf(scores), {
    gain: 1,
    keep: Infinity,
    win: 1,
  });
});

Deno.test("an output equal to the query has gain 0 and does not win", () => {
  const scores = [scoreEdit(query, { query, answer })];
  assert.deepEqual(summaryOf(scores), {
    gain: 0,
    keep: Infinity,
    win: 0,
  });
});

Deno.test("errors count inside for gain and outside for keep", () => {
  const output = { ...answer, data: answer.data.slice() };
  output.data[0] = 50; // inside: error 50² of 100²
  output.data[26] = 15; // outside: 6 data, 18 values
  const summary = summaryOf([scoreEdit(output, { query, answer })]);
  assert.equal(summary.gain, 0.75);
  assert.equal(summary.keep, 10 * Math.log10(255 ** 2 / (25 / 18)));
  assert.equal(summary.win, 1);
});

Deno.test("a case counts by the size of its change", () => {
  const big = {
    outputInside: 0,
    queryInside: 300,
    outputOutside: 1,
    queryOutside: 0,
    valuesOutside: 3,
  };
  const small = {
    outputInside: 200,
    queryInside: 100,
    outputOutside: 1,
    queryOutside: 0,
    valuesOutside: 3,
  };
  const summary = summaryOf([big, small]);
  assert.equal(summary.gain, 0.5);
  assert.equal(summary.win, 0.5);
});

Deno.test("scoreEdit() refuses another size", () => {
  const other = { width: 1, height: 1, data: new Uint8Array(3) };
  assert.throws(() => scoreEdit(other, { query, answer }), RangeError);
});

Deno.test("measures of no cases are NaN", () => {
  assert.deepEqual(summaryOf([]), { gain: NaN, keep: NaN, win: NaN });
});

Deno.test("the spread of seeds is 0 of equal outputs, and none of one", async () => {
  const [a, b] = [picture(100, 10), picture(120, 10)];
  assert.equal(await seedSpread.score([a], []), undefined);
  assert.equal(await seedSpread.score([a, a, a], []), 0);
  assert.equal(await seedSpread.score([a, b], []), Math.sqrt(200 / 27));
  const other = { width: 1, height: 1, data: new Uint8Array(3) };
  assert.throws(() => seedSpread.score([a, other], []), {
    message: /^Cannot measure the spread of seeds as .*: got 1×1 and 9×1$/,
  });
});
