import { SeededRandom } from "@edit-transfer/dataset/seeded_random";
import { DEFAULT_RULES, type Rules } from "./rules.ts";
import { identified, QUESTIONS, type Study, type Task } from "./study_file.ts";

/** Tasks of the paper's study. */
export const PAPER_TASKS = 198;

/** Share of all tasks shown that check attention. */
const CHECKS = 0.05;
/** Share of all tasks shown that are doubled, at least. */
const DOUBLED = 0.1;
/** Tasks of a block, about. */
const BLOCK = 18;

/** Options of {@linkcode designStudy}. */
export interface DesignOptions {
  /** Cases that all methods edited. */
  readonly cases: readonly {
    /** Name of the case. */
    readonly id: string;
    /** Whether its answer is known, so that it can check attention. */
    readonly isAnswered: boolean;
  }[];
  /** Names of the methods, two at least. */
  readonly methods: readonly string[];
  /** Seed of sides, order and choice. */
  readonly seed: number;
  /**
   * Tasks that compare methods; checks and doubled ones come on top.
   *
   * @default {198, as in the paper}
   */
  readonly tasks?: number | undefined;
  /**
   * Method that all others are compared with.
   *
   * @default {all pairs are compared}
   */
  readonly against?: string | undefined;
  /**
   * Rules of exclusion.
   *
   * @default {DEFAULT_RULES}
   */
  readonly rules?: Rules | undefined;
  /**
   * Title of the page, which everybody sees.
   *
   * @default {"Which edit is better?"}
   */
  readonly title?: string | undefined;
}

/**
 * Tasks of a study: pairs of methods on cases, each pair and each case as often
 * (± 1), in blocks that are balanced too; each method of a pair as often on the
 * left. 5 % of all tasks check attention, by a copy of the query against the
 * answer, and 10 % repeat another one.
 *
 * @param options See {@linkcode DesignOptions}.
 * @returns The study; the same for the same options.
 *
 * @throws {RangeError} If there are fewer than two methods, or more tasks than
 * pairs of methods on cases.
 *
 * @example Usage
 * ```ts
 * import { designStudy } from "@edit-transfer/study";
 * import assert from "node:assert/strict";
 *
 * const cases = Array.from({ length: 99 }, (_, i) => ({
 *   id: String(i),
 *   isAnswered: true,
 * }));
 * const methods = ["ours", "flow-edit", "sdedit"];
 * const { tasks } = designStudy({ cases, methods, seed: 1 });
 * assert.equal(tasks.length, 198 + 12 + 24);
 * ```
 */
export function designStudy(options: DesignOptions): Study {
  const { cases, methods, seed, tasks: count = PAPER_TASKS } = options;
  const { rules = DEFAULT_RULES, title = "Which edit is better?" } = options;
  const pairs = pairsOf(methods, options.against);
  if (count < 1 || count > cases.length * pairs.length) {
    throw new RangeError(
      `Cannot make a study of ${count} tasks as each must be another pair of methods on a case: got ${
        cases.length * pairs.length
      } (${cases.length} × ${pairs.length})`,
    );
  }
  const random = new SeededRandom(seed);
  const shuffled = <Item>(items: readonly Item[]) =>
    random.permutation(items.length).map((i) => items[i]!);
  const blocks = Math.max(1, Math.round(count / BLOCK));

  // Case and pair go round together. After lcm(cases, pairs) tasks all that such
  // a walk meets was met; the next round goes with the pair after.
  const order = shuffled(cases);
  const round = lcm(cases.length, pairs.length);
  const walk = Array.from({ length: count }, (_, k) => ({
    block: Math.floor(k * blocks / count),
    case: order[k % cases.length]!.id,
    pair: (k + Math.floor(k / round)) % pairs.length,
  }));
  const turned = balancedSides(walk.map(({ pair }) => pair), shuffled);
  const compared: Draft[] = walk.map(({ pair, ...place }, k) => ({
    kind: "compared",
    ...place,
    ...sides(pairs[pair]!, turned[k]!),
  }));

  const all = Math.ceil(count / (1 - CHECKS - DOUBLED));
  const answered = shuffled(cases.filter(({ isAnswered }) => isAnswered));
  const checks = answered.length === 0 ? 0 : Math.ceil(CHECKS * all);
  const isTurned = shuffled(
    Array.from({ length: checks }, (_, i) => i % 2 > 0),
  );
  const firstBlock = Math.floor(random.uniform() * blocks);
  const attention: Draft[] = isTurned.map((turn, i) => ({
    kind: "check",
    block: (firstBlock + Math.floor(i * blocks / checks)) % blocks,
    case: answered[i % answered.length]!.id,
    ...sides(["query", "answer"], turn),
  }));

  const repeated = shuffled(compared.map((_, k) => k))
    .slice(0, Math.ceil(DOUBLED * all));
  const ids = shuffled(
    Array.from(
      { length: count + checks + repeated.length },
      (_, i) => String(i + 1).padStart(3, "0"),
    ),
  );
  const doubled: Draft[] = repeated.map((k) => {
    const { block, left, right, case: id } = compared[k]!;
    return {
      kind: "doubled",
      of: ids[k]!,
      block: (block + Math.ceil(blocks / 2)) % blocks,
      case: id,
      ...sides([left, right], random.uniform() < 0.5),
    };
  });
  const tasks: Task[] = [...compared, ...attention, ...doubled]
    .map((draft, i) => ({ id: ids[i]!, ...draft }))
    .sort((a, b) => a.id < b.id ? -1 : 1);
  return identified({
    title,
    seed,
    methods: [...methods],
    questions: [...QUESTIONS],
    rules,
    tasks,
  });
}

type Draft = Omit<Task, "id">;

function pairsOf(
  methods: readonly string[],
  against: string | undefined,
): [string, string][] {
  const twice = methods.find((name, i) => methods.indexOf(name) < i);
  if (methods.length < 2 || twice !== undefined) {
    throw new RangeError(
      `Cannot make a study as it must compare two methods of different names or more: got ${
        methods.map((name) => `"${name}"`).join(", ") || "none"
      }`,
    );
  }
  if (against === undefined) {
    return methods.flatMap((first, i) =>
      methods.slice(i + 1).map((second): [string, string] => [first, second])
    );
  }
  if (!methods.includes(against)) {
    throw new RangeError(
      `Cannot compare with "${against}" as it must be one of the methods: got ${
        methods.map((name) => `"${name}"`).join(", ")
      }`,
    );
  }
  return methods.filter((name) => name !== against)
    .map((other): [string, string] => [against, other]);
}

/** For each task whether its pair is turned, half of each pair's at random. */
function balancedSides(
  pairs: readonly number[],
  shuffled: <Item>(items: readonly Item[]) => Item[],
): boolean[] {
  const turned = pairs.map(() => false);
  const byPair = Map.groupBy(pairs.keys(), (k) => pairs[k]!);
  let odd = 0;
  for (const tasks of byPair.values()) {
    for (const [i, k] of shuffled(tasks).entries()) {
      turned[k] = (i + odd) % 2 > 0;
    }
    odd += tasks.length;
  }
  return turned;
}

function sides([first, second]: readonly [string, string], isTurned: boolean) {
  return isTurned
    ? { left: second, right: first }
    : { left: first, right: second };
}

function lcm(a: number, b: number): number {
  const gcd = (x: number, y: number): number => y === 0 ? x : gcd(y, x % y);
  return a / gcd(a, b) * b;
}
