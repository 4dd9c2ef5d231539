import { drawCases } from "@edit-transfer/evaluate";
import { blankImage } from "@edit-transfer/image";
import {
  type Detector,
  identity,
  openDetector,
  openPeopleMetrics,
} from "@edit-transfer/people";
import assert from "node:assert/strict";
import { hasModels, NO_MODELS } from "./_test_models.ts";

const SIDE = 256;

/** A drawn figure that stands, before and after it jumps. */
async function figure() {
  const [drawn] = await drawCases({
    split: "test",
    seed: 1,
    count: 1,
    size: SIDE,
  });
  return drawn!;
}

function test(name: string, fn: (detector: Detector) => Promise<void>) {
  Deno.test({
    name: `${name}${NO_MODELS}`,
    ignore: !hasModels,
    async fn() {
      await using detector = await openDetector();
      await fn(detector);
    },
  });
}

test("openDetector() finds face, body and mask of a drawn figure", async (detector) => {
  const { query } = await figure();
  const { person, mask } = await detector.panel(query);
  assert.equal(mask.length, SIDE * SIDE);
  const { face, body } = person;
  const [left, top, width, height] = face!.box;
  const [nose] = body!;
  assert.ok(nose!.x > left && nose!.x < left + width, `nose at ${nose!.x}`);
  assert.ok(nose!.y > top && nose!.y < top + height, `nose at ${nose!.y}`);
  const inside = mask[Math.round(nose!.y) * SIDE + Math.round(nose!.x)]!;
  assert.ok(inside > 128 && mask[0]! < 50, `mask ${inside} and ${mask[0]}`);
  const sum = face!.expression.reduce((total, share) => total + share, 0);
  assert.ok(Math.abs(sum - 1) < 0.07, `expressions add up to ${sum}`);
});

test("what openDetector() finds hangs on no picture before", async (detector) => {
  const { query, before } = await figure();
  const copy = () => ({ ...query, data: query.data.slice() });
  const first = await detector.person(query);
  await detector.person(before);
  assert.deepEqual(await detector.person(copy()), first);
  assert.equal(identity(first, await detector.person(copy())), 1);
});

test("openDetector() takes pictures of any ratio, and finds nobody in none", async (detector) => {
  for (const [width, height] of [[1, 1], [7, 300], [300, 7]] as const) {
    const image = blankImage(width, height, [90, 120, 90]);
    const { person, mask } = await detector.panel(image);
    assert.deepEqual(person, { face: undefined, body: undefined });
    assert.equal(mask.length, width * height);
  }
});

Deno.test({
  name: `openPeopleMetrics() loads what its metrics need${NO_MODELS}`,
  ignore: !hasModels,
  async fn() {
    const { before, after, query } = await figure();
    await using people = await openPeopleMetrics({ names: ["identity"] });
    const [metric] = people.metrics;
    const known = { before, after, query };
    assert.ok(await metric!.score(query, known) === 1);
    assert.equal(await metric!.score(blankImage(64, 64), known), undefined);
    assert.match(people.facts.notice!, /^1 of 2 scores/);
  },
});
