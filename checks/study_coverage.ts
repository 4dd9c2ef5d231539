/**
 * Simulated studies, from the design to the tally: how often the intervals hold
 * what people of the whole population prefer.
 *
 * Each run draws people and cases that differ: the log odds of a method over
 * another are the difference of their strengths, plus what the person, and what
 * the case, adds to it. The preference to be found is its mean over all people
 * and cases. Ends with a non-zero code if an interval over people and cases holds
 * it in fewer than 93 of 100 runs.
 *
 * Usage: deno run -A checks/study_coverage.ts [--runs 100] [--seed 1]
 */
import { SeededRandom } from "@edit-transfer/dataset/seeded_random";
import {
  designStudy,
  type PersonAnswers,
  rulesOf,
  type Study,
  tallyStudy,
} from "@edit-transfer/study";
import { table } from "@edit-transfer/terminal";
import process from "node:process";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
  },
});
const runs = Number(values.runs);
const LEAST = 0.93;
const RESAMPLES = 400;

/** A population whose preferences are known. */
interface World {
  readonly name: string;
  readonly people: number;
  readonly cases: number;
  /** Log strengths by method. */
  readonly methods: Readonly<Record<string, number>>;
  /** Spread of the log odds over people and over cases. */
  readonly byPerson: number;
  readonly byCase: number;
}

const WORLDS: readonly World[] = [
  {
    name: "two methods, alike people and cases",
    people: 20,
    cases: 198,
    methods: { ours: 0.4, other: 0 },
    byPerson: 0,
    byCase: 0,
  },
  {
    name: "two methods, people and cases differ",
    people: 20,
    cases: 198,
    methods: { ours: 1, other: 0 },
    byPerson: 0.5,
    byCase: 1,
  },
  {
    name: "two methods, few people who differ much",
    people: 12,
    cases: 198,
    methods: { ours: 0.8, other: 0 },
    byPerson: 1,
    byCase: 1,
  },
  {
    name: "four methods, people and cases differ",
    people: 20,
    cases: 66,
    methods: { ours: 1, flow: 0.5, copy: -0.5, noise: -1 },
    byPerson: 0.5,
    byCase: 0.7,
  },
];

const odds = (log: number) => 1 / (1 + Math.exp(-log));

/** Standard normal number (Box & Muller). */
function normal(random: SeededRandom): number {
  return Math.sqrt(-2 * Math.log(1 - random.uniform())) *
    Math.cos(2 * Math.PI * random.uniform());
}

/** Preference in the population: the mean of the odds over people and cases. */
function preference(log: number, { byPerson, byCase }: World): number {
  const spread = Math.hypot(byPerson, byCase);
  let [sum, weights] = [0, 0];
  for (let z = -8; z <= 8; z += 0.01) {
    const weight = Math.exp(-z * z / 2);
    sum += weight * odds(log + spread * z);
    weights += weight;
  }
  return sum / weights;
}

/** What people of a world answer to a study. */
function answered(
  study: Study,
  world: World,
  random: SeededRandom,
): PersonAnswers[] {
  const effect = (spread: number) => spread * normal(random);
  const names = Object.keys(world.methods);
  const pairs = names.flatMap((a, i) =>
    names.slice(i + 1).map((b) => `${a} ${b}`)
  );
  // for the pair's first method, another in each pair of methods
  const effects = (spread: number) =>
    new Map(pairs.map((pair) => [pair, effect(spread)]));
  const ids = new Set(study.tasks.map((task) => task.case));
  const ofCase = new Map(
    study.questions.map(({ name }) => [
      name,
      new Map([...ids].map((id) => [id, effects(world.byCase)])),
    ]),
  );
  return Array.from({ length: world.people }, (_, i) => {
    const ofPerson = new Map(
      study.questions.map(({ name }) => [name, effects(world.byPerson)]),
    );
    const tasks = study.tasks.map((task) => {
      const { left, right, kind } = task;
      const isTurned = names.indexOf(left) > names.indexOf(right);
      const [first, second] = isTurned ? [right, left] : [left, right];
      const sides = study.questions.map(({ name }) => {
        if (kind === "check") {
          return [name, left === "answer" ? "left" : "right"] as const;
        }
        const pair = `${first} ${second}`;
        const log = world.methods[first]! - world.methods[second]! +
          ofPerson.get(name)!.get(pair)! +
          ofCase.get(name)!.get(task.case)!.get(pair)!;
        const prefersFirst = random.uniform() < odds(log);
        return [name, prefersFirst !== isTurned ? "left" : "right"] as const;
      });
      return [task.id, {
        sides: Object.fromEntries(sides),
        seconds: 5 + 5 * random.uniform(),
      }] as const;
    });
    return { file: `${i}.json`, person: `${i}`, tasks: new Map(tasks) };
  });
}

const rows: string[][] = [];
let isLow = false;
for (const world of WORLDS) {
  const names = Object.keys(world.methods);
  const held: Record<string, number[]> = {
    both: [],
    wilson: [],
    strengths: [],
  };
  for (let run = 0; run < runs; run++) {
    const seed = Number(values.seed) * 100_000 + run;
    const random = new SeededRandom(seed);
    const study = designStudy({
      cases: Array.from({ length: world.cases }, (_, i) => ({
        id: String(i),
        isAnswered: true,
      })),
      methods: names,
      seed,
      rules: rulesOf({ leastConsistency: 0 }, ""),
    });
    const people = answered(study, world, random);
    const { questions } = tallyStudy(study, people, { resamples: RESAMPLES });
    const { pairs, strengths } = questions[0]!;
    for (const [k, { method, over, interval, wilson }] of pairs.entries()) {
      const log = world.methods[method]! - world.methods[over]!;
      const known = preference(log, world);
      const holds = ([low, high]: readonly [number, number]) =>
        Number(low <= known && known <= high);
      held.both![k] = (held.both![k] ?? 0) + holds(interval!);
      held.wilson![k] = (held.wilson![k] ?? 0) + holds(wilson);
    }
    if (world.byPerson > 0 || world.byCase > 0) continue; // no such model then
    const sum = Object.values(world.methods)
      .reduce((sum, log) => sum + Math.exp(log), 0);
    for (const [k, { method, interval }] of strengths!.entries()) {
      const known = Math.exp(world.methods[method]!) / sum;
      held.strengths![k] = (held.strengths![k] ?? 0) +
        Number(interval![0] <= known && known <= interval![1]);
    }
  }
  isLow ||= [...held.both!, ...held.strengths!]
    .some((count) => count < LEAST * runs);
  const least = (counts: readonly number[]) =>
    counts.length === 0 ? "–" : counts.join(", ");
  rows.push([
    world.name,
    least(held.both!),
    least(held.strengths!),
    least(held.wilson!),
  ]);
}
process.stdout.write(
  `${
    table([
      [
        `held of ${runs}, by pair`,
        "people × cases",
        "strengths",
        "Wilson",
      ],
      ...rows,
    ])
  }\n`,
);
process.exit(isLow ? 1 : 0);
