import type { Case } from "@edit-transfer/evaluate";
import { blankImage, type Image } from "@edit-transfer/image";
import type { Metric } from "@edit-transfer/metrics";
import {
  type Detector,
  openPeopleMetrics,
  type Person,
} from "@edit-transfer/people";
import assert from "node:assert/strict";
import { STANDING, testBody, testFace } from "./_test_person.ts";

const [before, after, query, output, empty] = Array.from(
  { length: 5 },
  () => blankImage(8, 8),
) as [Image, Image, Image, Image, Image];
const raised = testBody({
  ...STANDING,
  leftWrist: [78, 0],
  rightWrist: [22, 0],
});
const smile = testFace({
  expression: [0, 0, 0, 1, 0, 0, 0],
  embedding: [3, 4],
});
const PEOPLE = new Map<Image, Person>([
  [before, { face: testFace({}), body: testBody(STANDING) }],
  [after, { face: smile, body: raised }],
  [query, { face: testFace({ embedding: [1, 0] }), body: testBody(STANDING) }],
  [output, { face: smile, body: raised }],
  [empty, {}],
]);
const known = { before, after, query };
const one = {
  ...known,
  id: "0000",
  answer: output,
  words: "raising arms",
  types: [],
};

function stub() {
  const looked: Image[] = [];
  let disposed = false;
  const detector: Detector = {
    person(image) {
      looked.push(image);
      return Promise.resolve(PEOPLE.get(image)!);
    },
    panel: () => Promise.reject(new Error("Not asked for")),
    [Symbol.asyncDispose]() {
      disposed = true;
      return Promise.resolve();
    },
  };
  return { detector, looked, isDisposed: () => disposed };
}

Deno.test("openPeopleMetrics() measures four things by default", async () => {
  const { detector } = stub();
  await using people = await openPeopleMetrics({ detector });
  const metrics: readonly Metric<unknown, Case>[] = people.metrics;
  const scores = new Map<string, unknown>();
  for (const metric of metrics) {
    scores.set(metric.name, await metric.score(output, one));
  }
  assert.deepEqual([...scores.keys()], [
    "identity",
    "pose",
    "head-pose",
    "expression",
  ]);
  assert.equal(scores.get("identity"), 3 / 5);
  assert.ok(Math.abs(Number(scores.get("pose")) - 1) < 1e-12);
  assert.equal(scores.get("head-pose"), 0);
  assert.equal(scores.get("expression"), 1);
  assert.equal(people.facts.notice, undefined);
});

Deno.test("openPeopleMetrics() says where nobody is, and never scores 0 for it", async () => {
  const { detector } = stub();
  await using people = await openPeopleMetrics({ detector });
  for (const metric of people.metrics) {
    assert.equal(await metric.score(empty, known), undefined, metric.name);
    assert.ok(Number.isNaN(metric.summarize([])), metric.name);
    assert.equal(metric.summarize([1, undefined, 0.5]), 0.75, metric.name);
  }
  assert.equal(
    people.facts.notice,
    "4 of 4 scores of people are unknown: a face or body that they need is not to be seen",
  );
});

Deno.test("openPeopleMetrics() looks only at what a metric needs", async () => {
  const { detector, looked } = stub();
  await using people = await openPeopleMetrics({
    names: ["identity"],
    detector,
  });
  await people.metrics[0]!.score(output, known);
  assert.deepEqual(looked, [query, output]);
});

Deno.test("openPeopleMetrics() leaves a given detector to its owner", async () => {
  const { detector, isDisposed } = stub();
  await (await openPeopleMetrics({ detector }))[Symbol.asyncDispose]();
  assert.ok(!isDisposed());
});

Deno.test("openPeopleMetrics() refuses other names before it loads anything", async () => {
  await assert.rejects(
    openPeopleMetrics({ names: ["smile" as "pose"] }),
    {
      message:
        'Cannot measure people as metrics must be identity, pose, head-pose, expression: got "smile"',
    },
  );
});
