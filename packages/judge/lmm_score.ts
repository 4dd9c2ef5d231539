import { SeededRandom } from "@edit-transfer/dataset/seeded_random";
import { hashText } from "@edit-transfer/files";
import type { Image } from "@edit-transfer/image";
import { z } from "zod";
import { type Ask, type Message, type Part, text } from "./chat.ts";
import {
  atSizeOf,
  type Exemplar,
  exemplarParts,
  introduction,
  labelled,
  type ShowOptions,
} from "./exemplar.ts";
import { readProse, readReply, score } from "./read_reply.ts";

/** Factors of the LMM score and their weights. */
export const LMM_WEIGHTS = {
  accuracy: 0.4,
  preservation: 0.3,
  quality: 0.2,
  realism: 0.1,
} as const;

/** A factor of the LMM score. */
export type LmmFactor = keyof typeof LMM_WEIGHTS;

/** Scores of one output, each from 1 to 10: means of the repeats. */
export interface LmmScore extends Readonly<Record<LmmFactor, number>> {
  /** `.4 accuracy + .3 preservation + .2 quality + .1 realism`. */
  readonly overall: number;
  /** Standard deviation of `overall` over the repeats; 0 of one. */
  readonly spread: number;
}

/** Options of {@linkcode lmmScore}. */
export interface LmmOptions extends ShowOptions {
  /**
   * Conversations, each with the outputs in another order.
   *
   * @default {3}
   */
  readonly repeats?: number | undefined;
}

const FACTORS: Readonly<Record<LmmFactor, string>> = {
  accuracy: "the same change was made as from A to A′, in kind and in extent",
  preservation: "everything else of B is as it was",
  quality: "the picture is clean, without artefacts or blur",
  realism: "what the picture shows is possible and fits together",
};

const factor = score(1, 10);
const factors = z.object({
  accuracy: factor,
  preservation: factor,
  quality: factor,
  realism: factor,
});

/**
 * Scores of outputs by the procedure of the LMM score: the judge describes the
 * edit, says what each factor means here, looks at the outputs one by one, and
 * scores them all at the end. `outputs + 3` calls a repeat.
 *
 * Outputs are compared with each other, so that their order matters: it is
 * another one in each repeat.
 *
 * Source: Huang et al., "Diffusion model-based image editing: a survey", 2024
 * (EditEval); the words are ours.
 *
 * @param ask Asks the judge, see `Judge.ask`.
 * @param one Example and query.
 * @param outputs Outputs of the methods.
 * @param options See {@linkcode LmmOptions}.
 * @returns Scores of each output.
 *
 * @throws {JudgeError} If there is no score.
 *
 * @example Usage
 * ```ts
 * import { type Ask, lmmScore } from "@edit-transfer/judge";
 * import { blankImage } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const ask: Ask = ({ read, standIn }) => Promise.resolve(read(standIn));
 * const grey = blankImage(8, 8);
 * const one = { before: grey, after: grey, query: grey };
 * const [score] = await lmmScore(ask, one, [grey], { repeats: 1 });
 * assert.equal(score!.overall, 5);
 * ```
 */
export async function lmmScore(
  ask: Ask,
  one: Exemplar,
  outputs: readonly Image[],
  options: LmmOptions = {},
): Promise<LmmScore[]> {
  const { repeats = 3, control } = options;
  const shown = await exemplarParts(one, control);
  const sized = await Promise.all(
    outputs.map((output) => atSizeOf(one.query, output)),
  );
  const pictures = await Promise.all(
    sized.map((output) => labelled("Picture", output)),
  );
  const random = new SeededRandom(
    parseInt(hashText(JSON.stringify([shown, pictures])).slice(0, 12), 16),
  );
  const rounds: z.output<typeof factors>[][] = outputs.map(() => []);
  for (let repeat = 0; repeat < repeats; repeat++) {
    const order = random.permutation(outputs.length);
    const scores = await conversation(ask, {
      opening: [text(introduction(control)), ...shown],
      pictures: order.map((i) => pictures[i]!),
      repeat,
    });
    for (const [place, i] of order.entries()) rounds[i]!.push(scores[place]!);
  }
  return rounds.map(combined);
}

async function conversation(
  ask: Ask,
  { opening, pictures, repeat }: {
    readonly opening: readonly Part[];
    readonly pictures: readonly (readonly Part[])[];
    readonly repeat: number;
  },
): Promise<z.output<typeof factors>[]> {
  const messages: Message[] = [];
  const say = async <Answer>(
    content: readonly Part[],
    read: (reply: string) => Answer,
    standIn: string,
  ): Promise<Answer> => {
    messages.push({ role: "user", content });
    return await ask({ messages: [...messages], read, standIn, repeat });
  };
  const discuss = async (content: readonly Part[], standIn: string) => {
    const reply = await say(content, readProse, standIn);
    messages.push({ role: "assistant", content: reply });
  };
  const { length } = pictures;
  await discuss([
    ...opening,
    text("Describe the change, and what B shows."),
  ], words(80));
  const list = Object.entries(FACTORS)
    .map(([name, meaning]) => `${name}: ${meaning}`).join("; ");
  await discuss([
    text(
      `${length} picture${
        length === 1 ? "" : "s"
      } made from B will be judged by four factors (${list}). Say in a sentence each what they ask for here.`,
    ),
  ], words(100));
  for (const [i, picture] of pictures.entries()) {
    await discuss([
      text(`Picture ${i + 1} of ${length}, made from B.`),
      ...picture.slice(1),
      text("Analyse it by the four factors. Give no scores yet."),
    ], words(150));
  }
  const shape = `{"scores": [${
    pictures.map(() =>
      '{"accuracy": n, "preservation": n, "quality": n, "realism": n}'
    ).join(", ")
  }]}`;
  const all = z.object({ scores: z.array(factors).length(length) });
  const { scores } = await say(
    [
      text(
        `Now score each picture by each factor from 1 (worst) to 10 (best), in the order shown. Reply with JSON alone: ${shape}`,
      ),
    ],
    (reply) => readReply(reply, all),
    shape.replaceAll(" n", " 5"),
  );
  return scores;
}

function combined(rounds: readonly z.output<typeof factors>[]): LmmScore {
  const mean = (of: (round: z.output<typeof factors>) => number) =>
    rounds.reduce((sum, round) => sum + of(round), 0) / rounds.length;
  const names = Object.keys(LMM_WEIGHTS) as LmmFactor[];
  const overallOf = (round: z.output<typeof factors>) =>
    names.reduce((sum, name) => sum + LMM_WEIGHTS[name] * round[name], 0);
  const overall = mean(overallOf);
  return {
    accuracy: mean(({ accuracy }) => accuracy),
    preservation: mean(({ preservation }) => preservation),
    quality: mean(({ quality }) => quality),
    realism: mean(({ realism }) => realism),
    overall,
    spread: Math.sqrt(mean((round) => (overallOf(round) - overall) ** 2)),
  };
}

/** So many words, as long as words are. */
function words(count: number): string {
  return "words ".repeat(count);
}
