import {
  type CaseMetric,
  casesCsv,
  type ConditionResult,
  CONDITIONS,
  figuresCsv,
  htmlReport,
  markdownReport,
  paperRows,
  reportOf,
} from "@edit-transfer/evaluate";
import { blankImage } from "@edit-transfer/image";
import assert from "node:assert/strict";

const image = blankImage(8, 8, [0, 0, 0]);
const mean = (values: readonly unknown[]) =>
  (values as number[]).reduce((sum, value) => sum + value, 0) / values.length;

function metricOf(name: string, best: number): CaseMetric {
  return { name, best, digits: 2, score: () => 0, summarize: mean };
}

/** A result with these scores of each case and seed. */
function resultOf(
  scores: Readonly<Record<string, readonly (readonly unknown[])[]>>,
  { best = 1, edit = 'a, "b"' } = {},
): ConditionResult {
  const [first] = Object.values(scores);
  return {
    condition: CONDITIONS[0]!,
    cases: first!.map((_, i) => ({
      id: `000${i}`,
      words: edit,
      types: [i % 2 === 0 ? "jumping" : "of-photographs"],
      before: image,
      after: image,
      query: image,
    })),
    seeds: first!.map((own) => own.map((_, k) => k)),
    seconds: 1,
    measures: Object.entries(scores).map(([name, scores]) => ({
      metric: metricOf(name, best),
      scores,
    })),
    outputs: [],
  };
}

Deno.test("a report has the mean over seeds, the best seed apart, and intervals of both", () => {
  const result = resultOf({ up: [[0.2, 0.4], [0.6, 1.2], [0.8, 0.8]] });
  const [one] = reportOf([result], {}).conditions;
  assert.equal(one!.values.up, mean([0.2, 0.4, 0.6, 1.2, 0.8, 0.8]));
  assert.equal(one!.best!.values.up, mean([0.4, 1.2, 0.8]));
  assert.equal(one!.seeds, 2);
  const [low, high] = one!.intervals!.up!;
  assert.ok(
    low >= 0.3 && low < one!.values.up! && high > one!.values.up! &&
      high <= 0.9,
  );
  assert.deepEqual(reportOf([result], {}), reportOf([result], {}));
  assert.match(
    markdownReport(reportOf([result], {})),
    /## The best seed of each case/,
  );
});

Deno.test("one seed has no best, one case no interval, infinity is the largest", () => {
  const [one] = reportOf([resultOf({ up: [[3]] })], {}).conditions;
  assert.equal(one!.best, undefined);
  assert.equal(one!.intervals!.up, null);
  const [most] = reportOf([resultOf({ up: [[3, 5]] }, { best: Infinity })], {})
    .conditions;
  assert.equal(most!.best!.values.up, 5);
});

Deno.test("cases that a metric cannot measure are counted out, by name of the metric", () => {
  const report = reportOf(
    [resultOf({
      some: [[undefined], [0.5], [0.7]],
      none: [[undefined], [undefined], [undefined]],
    })],
    {},
  );
  const [one] = report.conditions;
  assert.deepEqual(one!.measured, { some: 2, none: 0 });
  assert.equal(one!.values.some, 0.6);
  assert.match(markdownReport(report), /0\.60 \[0\.50, 0\.70\] n 2 \| +– \|/);
  assert.deepEqual(Object.keys(one!.families), ["other", "pose"]);
});

Deno.test("CSV quotes what it has to, and no cell is a formula", () => {
  const result = resultOf({ up: [[0.5], [0.7]] }, { edit: '=1+1, "b"' });
  assert.equal(
    casesCsv([result]),
    "condition,id,edit,types,family,seeds,up\r\n" +
      `right,0000,"'=1+1, ""b""",jumping,pose,0,0.5\r\n` +
      `right,0001,"'=1+1, ""b""",of-photographs,other,0,0.7\r\n`,
  );
  const [, all] = figuresCsv(reportOf([result], {})).split("\r\n");
  assert.equal(all, "right,all,up,2,0.6,0.5,0.7,1,,,");
});

Deno.test("the page needs nothing besides itself, and shows words as they are", () => {
  const result = resultOf({ up: [[0.5], [0.7]] });
  const text = htmlReport(reportOf([result], { model: "<b>" }), [{
    id: "0000",
    words: "</script><script>alert(1)</script>",
    types: "jumping",
    family: "pose",
    given: [],
    outputs: {},
  }]);
  assert.equal(text.match(/<script/g)!.length, 2);
  assert.ok(!text.includes("<b>"));
  assert.doesNotMatch(text, /(src|href)="?http|@import|url\(/);
});

Deno.test("the paper's numbers stand below ours where its metrics were measured", () => {
  const report = reportOf([resultOf({ "clip-i": [[0.7], [0.9]] })], {});
  const rows = paperRows(report)!;
  assert.deepEqual(rows[1], [
    CONDITIONS[0]!.title,
    "2",
    "–",
    "0.800 [0.700, 0.900]",
    "–",
  ]);
  assert.deepEqual(rows[2], [
    "Edit Transfer (paper)",
    "",
    "22.58",
    "0.810",
    "21.50",
  ]);
  assert.equal(rows.length, 8);
  assert.equal(paperRows(reportOf([resultOf({ gain: [[1]] })], {})), undefined);
});
