import { SeededRandom } from "@edit-transfer/dataset/seeded_random";
import {
  markdownTally,
  rulesOf,
  type Side,
  tallyStudy,
  type Task,
} from "@edit-transfer/study";
import { binomialPValue, wilson } from "@edit-transfer/statistics";
import assert from "node:assert/strict";
import { answersBy, sideOfMethod, studyOf } from "./_test_study.ts";

const study = studyOf(30, ["ours", "other"], { tasks: 30 });
const fast = { resamples: 100 };

/** Prefers one method, but takes the other in every tenth task. */
function mostly(task: Task, method: string, of = 10): Side {
  const other = method === "ours" ? "other" : "ours";
  return sideOfMethod(
    task,
    Number(task.case.slice(4)) % of === 0 ? other : method,
  );
}

Deno.test("shares, intervals and tests of two methods", () => {
  const people = ["a", "b", "c"].map((name) =>
    answersBy(
      study,
      (task, question) =>
        question === "preservation"
          ? sideOfMethod(task, "other")
          : mostly(task, "ours"),
      name,
    )
  );
  const { questions, counted } = tallyStudy(study, people, fast);
  assert.equal(counted, 3);
  const [edit, preservation, overall] = questions.map(({ pairs }) => pairs[0]!);
  assert.equal(edit!.method, "ours");
  assert.deepEqual([edit!.wins, edit!.answers], [81, 90]);
  assert.equal(edit!.share, 0.9);
  assert.deepEqual(edit!.wilson, wilson(81, 90));
  assert.deepEqual([preservation!.wins, preservation!.answers], [0, 90]);
  const p = binomialPValue(81, 90);
  assert.equal(edit!.p, p);
  assert.equal(edit!.holm, 2 * p, "the second smallest of three");
  assert.equal(overall!.holm, 2 * p);
  assert.equal(preservation!.holm, 3 * binomialPValue(0, 90));
  const [low, high] = edit!.interval!;
  assert.ok(low < 0.9 && low > 0.7 && high > 0.9 && high <= 1);
  assert.equal(questions[0]!.agreement, 1, "all three agree");
  const [ours] = questions[0]!.strengths!;
  assert.ok(Math.abs(ours!.strength - 0.9) < 1e-9);
});

Deno.test("checks and doubled tasks do not count for methods", () => {
  const person = answersBy(study, (task) => sideOfMethod(task, "ours"));
  const kept = new Map(
    [...person.tasks].filter(([id]) =>
      study.tasks.find((task) => task.id === id)!.kind !== "compared"
    ),
  );
  const loose = { ...study, rules: rulesOf({ leastAnswered: 0 }, "") };
  const { questions } = tallyStudy(loose, [{ ...person, tasks: kept }], fast);
  assert.equal(questions[0]!.pairs[0]!.answers, 0);
  assert.equal(questions[0]!.pairs[0]!.share, null);
  assert.equal(questions[0]!.strengths, null);
  assert.equal(questions[0]!.agreement, null);
});

Deno.test("three methods: all pairs and their strengths", () => {
  const three = studyOf(40, ["a", "b", "c"], { tasks: 120 });
  const random = new SeededRandom(3);
  const strengths: Readonly<Record<string, number>> = { a: 4, b: 2, c: 1 };
  const people = Array.from(
    { length: 10 },
    (_, i) =>
      answersBy(three, (task) => {
        if (task.kind === "check") return sideOfMethod(task, "answer");
        const [left, right] = [strengths[task.left]!, strengths[task.right]!];
        return random.uniform() < left / (left + right) ? "left" : "right";
      }, `p${i}`),
  );
  const [edit] = tallyStudy(
    { ...three, rules: rulesOf({ leastConsistency: 0 }, "") },
    people,
    fast,
  ).questions;
  assert.deepEqual(
    edit!.pairs.map(({ method, over }) => `${method} ${over}`),
    ["a b", "a c", "b c"],
  );
  for (const { method, strength, interval } of edit!.strengths!) {
    const true_ = strengths[method]! / 7;
    assert.ok(interval![0] < true_ && true_ < interval![1], method);
    assert.ok(interval![0] < strength && strength < interval![1]);
  }
});

Deno.test("people are held to the study's rules, each reason told", () => {
  const good = answersBy(study, (task) => sideOfMethod(task, "ours"), "good");
  const people = [
    good,
    answersBy(study, () => "left", "left"),
    answersBy(study, (task) => sideOfMethod(task, "ours"), "hasty", 0.5),
    {
      ...good,
      person: "early",
      tasks: new Map([...good.tasks].slice(0, 10)),
    },
    { ...good, person: "nothing", tasks: new Map() },
    answersBy(
      study,
      (task) => sideOfMethod(task, task.kind === "doubled" ? "other" : "ours"),
      "fickle",
    ),
  ];
  const tally = tallyStudy(study, people, fast);
  assert.equal(tally.counted, 1);
  assert.deepEqual(
    Object.fromEntries(
      tally.people.map(({ person, excluded }) => [person, excluded]),
    ),
    {
      good: [],
      left: ["failed 1 of 2 attention checks, more than 20 %"],
      hasty: ["took 0.5 s a task in the median, less than 2 s"],
      early: ["answered 10 of 36 tasks, fewer than 50 %"],
      nothing: ["answered 0 of 36 tasks, fewer than 50 %"],
      fickle: ["gave 0 of 12 answers again, fewer than 50 %"],
    },
  );
  const text = markdownTally(tally, ['"x.json" is left out']);
  assert.match(text, /^# Which edit is better\?\n/);
  assert.match(text, /\| ours \| other \| 1\.000 \|/);
  assert.match(text, /\| hasty\.json \| 36 .* no: took 0\.5 s/);
  assert.match(text, /## Left out\n\n- "x\.json" is left out\n$/);
});

Deno.test("the same answers give the same tally", () => {
  const people = ["a", "b"].map((name, i) =>
    answersBy(study, (task) => mostly(task, "ours", 3 + i), name)
  );
  assert.deepEqual(
    tallyStudy(study, people, fast),
    tallyStudy(study, people, fast),
  );
});
