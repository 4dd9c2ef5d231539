import { designStudy, type Task } from "@edit-transfer/study";
import assert from "node:assert/strict";
import fc from "fast-check";
import { studyOf } from "./_test_study.ts";

const METHODS = ["ours", "flow-edit", "sdedit", "p2p", "copy"];

/** How often each key comes. */
function counts<Item>(items: readonly Item[], keyOf: (item: Item) => string) {
  return [...Map.groupBy(items, keyOf).values()].map(({ length }) => length);
}

function assertBalanced(values: readonly number[], slack = 1): void {
  assert.ok(Math.max(...values) - Math.min(...values) <= slack, `${values}`);
}

const pairOf = ({ left, right }: Task) => [left, right].sort().join(" ");

Deno.test("the paper's 198 tasks, with checks and doubled ones on top", () => {
  const { tasks } = studyOf(198, ["ours", "baseline"]);
  const of = (kind: string) => tasks.filter((task) => task.kind === kind);
  assert.deepEqual(
    ["compared", "check", "doubled"].map((kind) => of(kind).length),
    [198, 12, 24],
  );
  assert.ok(of("check").length >= 0.05 * tasks.length);
  assert.ok(of("doubled").length >= 0.1 * tasks.length);
  assertBalanced(counts(of("compared"), ({ block }) => String(block)));
  assertBalanced(counts(of("compared"), ({ left }) => left));
  assertBalanced(counts(of("check"), ({ left }) => left));
  const byId = new Map(tasks.map((task) => [task.id, task]));
  for (const task of of("doubled")) {
    const first = byId.get(task.of!)!;
    assert.equal(first.kind, "compared");
    assert.equal(first.case, task.case);
    assert.equal(pairOf(first), pairOf(task));
    assert.notEqual(first.block, task.block);
  }
  for (const task of of("check")) assert.equal(pairOf(task), "answer query");
  assert.equal(byId.size, tasks.length);
});

Deno.test("every design is balanced: pairs, cases, blocks, sides", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 2, max: 5 }),
      fc.boolean(),
      fc.nat(2 ** 32),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (cases, count, isAgainst, seed, part) => {
        const methods = METHODS.slice(0, count);
        const pairs = isAgainst ? count - 1 : count * (count - 1) / 2;
        const tasks = 1 + Math.floor(part * (cases * pairs - 1));
        const study = studyOf(cases, methods, {
          seed,
          tasks,
          against: isAgainst ? methods[1] : undefined,
        });
        const compared = study.tasks.filter(({ kind }) => kind === "compared");
        assert.equal(compared.length, tasks);
        const all = counts(compared, (task) => `${pairOf(task)} ${task.case}`);
        assert.equal(all.length, tasks, "each pair on a case once");
        const byPair = counts(compared, pairOf);
        assertBalanced([...byPair, ...byPair.length < pairs ? [0] : []]);
        const byCase = counts(compared, (task) => task.case);
        assertBalanced([...byCase, ...byCase.length < cases ? [0] : []]);
        for (
          const own of Map.groupBy(compared, ({ block }) => block).values()
        ) {
          const inBlock = counts(own, pairOf);
          // a round of the walk may end within a block
          assertBalanced([...inBlock, ...inBlock.length < pairs ? [0] : []], 2);
        }
        for (const own of Map.groupBy(compared, pairOf).values()) {
          const [name] = pairOf(own[0]!).split(" ");
          const left = own.filter((task) => task.left === name).length;
          assertBalanced([left, own.length - left]);
        }
        if (isAgainst) {
          for (const task of compared) assert.match(pairOf(task), /flow-edit/);
        }
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("the same seed gives the same study, another seed another", () => {
  const of = (seed: number) => studyOf(20, METHODS, { seed });
  assert.deepEqual(of(1), of(1));
  assert.notEqual(of(1).id, of(2).id);
});

Deno.test("designs that cannot be are refused", () => {
  const cases = [{ id: "a", isAnswered: false }];
  const refused = (more: object, message: RegExp) =>
    assert.throws(
      () => designStudy({ cases, methods: ["x", "y"], seed: 1, ...more }),
      { name: "RangeError", message },
    );
  refused(
    {},
    /study of 198 tasks .* got 1 \(1 × 1\)$/,
  );
  refused({ methods: ["x"], tasks: 1 }, /two methods .* got "x"$/);
  refused({ methods: ["x", "x"], tasks: 1 }, /different names/);
  refused(
    { against: "z", tasks: 1 },
    /with "z" as it must be one of the methods/,
  );
  const { tasks } = designStudy({
    cases,
    methods: ["x", "y"],
    seed: 1,
    tasks: 1,
  });
  assert.ok(
    tasks.every(({ kind }) => kind !== "check"),
    "no answer, no checks",
  );
});
