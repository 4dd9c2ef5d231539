import type { Image } from "@edit-transfer/image";
import { createHash } from "node:crypto";
import type { Case } from "../case.ts";
import type { ConditionResult, EvaluateProgress } from "../evaluate.ts";
import { familyOf } from "../family.ts";
import { caseValues, type Values } from "../report.ts";
import { thumbnail } from "./thumbnail.ts";

/** Most cases of a condition whose pictures are on the page. */
const MOST = 256;

/** A case on the page, with what each condition made of it. */
export interface Card {
  /** Its name within its set. */
  readonly id: string;
  /** Words of the edit. */
  readonly words: string;
  /** Its types. */
  readonly types: string;
  /** Its family. */
  readonly family: string;
  /** Example before and after, query, and the answer where it is known. */
  readonly given: readonly string[];
  /** Outputs by condition. */
  readonly outputs: Record<
    string,
    { readonly picture: string; readonly values: Values }
  >;
}

/**
 * Pictures of an evaluation for its page, made small while it runs: those of the
 * first 256 cases of each condition.
 */
export class Gallery {
  readonly #outputs = new Map<string, string[]>();

  /** Takes the first output of a case, as `onOutput` of `evaluate` gives it. */
  async add(
    output: Image,
    { condition, done }: EvaluateProgress,
  ): Promise<void> {
    if (done > MOST) return;
    const own = this.#outputs.get(condition.name) ?? [];
    own[done - 1] = await thumbnail(output);
    this.#outputs.set(condition.name, own);
  }

  /** Cards of all cases that have pictures; conditions of one query share one. */
  async cards(results: readonly ConditionResult[]): Promise<Card[]> {
    const cards = new Map<string, Card>();
    for (const result of results) {
      const pictures = this.#outputs.get(result.condition.name) ?? [];
      for (const [index, picture] of pictures.entries()) {
        const one = result.cases[index]!;
        const key = queryKey(one);
        const card = cards.get(key) ?? await cardOf(one);
        cards.set(key, card);
        card.outputs[result.condition.name] = {
          picture,
          values: caseValues(result, index),
        };
      }
    }
    return [...cards.values()];
  }
}

async function cardOf(one: Case): Promise<Card> {
  const { id, words, types, before, after, query, answer } = one;
  const panels = [
    before,
    after,
    query,
    ...answer === undefined ? [] : [answer],
  ];
  return {
    id,
    words,
    types: types.join(" + "),
    family: familyOf(types[0] ?? ""),
    given: await Promise.all(panels.map(thumbnail)),
    outputs: {},
  };
}

/** What tells a query with its answer from others. */
function queryKey({ id, query, answer }: Case): string {
  const hash = createHash("sha256").update(id).update(query.data);
  if (answer !== undefined) hash.update(answer.data);
  return hash.digest("hex");
}
