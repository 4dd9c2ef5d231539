import type { Image } from "@edit-transfer/image";
import { z } from "zod";
import { type Ask, text } from "./chat.ts";
import {
  atSizeOf,
  type Exemplar,
  exemplarParts,
  introduction,
  labelled,
  type ShowOptions,
} from "./exemplar.ts";
import { readReply, score } from "./read_reply.ts";

/** Scores of one output, each from 0 to 10. */
export interface VieScore {
  /** How well the change was made. */
  readonly success: number;
  /** How little else was changed. */
  readonly restraint: number;
  /** How natural the output looks. */
  readonly naturalness: number;
  /** How free of artefacts it is. */
  readonly cleanness: number;
  /** `SC = min(success, restraint)`. */
  readonly consistency: number;
  /** `PQ = min(naturalness, cleanness)`. */
  readonly quality: number;
  /** `O = √(SC · PQ)`. */
  readonly overall: number;
}

const pair = z.object({ score: z.tuple([score(0, 10), score(0, 10)]) });

const REPLY =
  'Reply with JSON alone: {"score": [n, n], "reasoning": "one sentence"}';
const STAND_IN =
  '{"score": [5, 5], "reasoning": "The arm is raised, but not as far as in A′; the shirt has another colour."}';

/**
 * Scores of an output by VIEScore's two calls: of the edit, with all four
 * pictures, and of the output alone. `O = √(SC · PQ)`.
 *
 * Source: Ku et al., "VIEScore", 2024; the words are ours.
 *
 * @param ask Asks the judge, see `Judge.ask`.
 * @param one Example and query.
 * @param output Output of a method.
 * @param options See {@linkcode ShowOptions}.
 * @returns The scores.
 *
 * @throws {JudgeError} If there is no score.
 *
 * @example Usage
 * ```ts
 * import { type Ask, vieScore } from "@edit-transfer/judge";
 * import { blankImage } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const ask: Ask = ({ read }) => Promise.resolve(read('{"score": [9, 4]}'));
 * const grey = blankImage(8, 8);
 * const one = { before: grey, after: grey, query: grey };
 * assert.equal((await vieScore(ask, one, grey)).overall, 4);
 * ```
 */
export async function vieScore(
  ask: Ask,
  one: Exemplar,
  output: Image,
  options: ShowOptions = {},
): Promise<VieScore> {
  const { control } = options;
  const shown = await atSizeOf(one.query, output);
  const read = (reply: string) => readReply(reply, pair).score;
  const question = (words: string) => text(`${words} ${REPLY}`);
  const [success, restraint] = await ask({
    messages: [{
      role: "user",
      content: [
        text(
          `${introduction(control)} B′ is what a program made of B.`,
        ),
        ...await exemplarParts(one, control),
        ...await labelled("B′", shown),
        question(
          "Give two scores from 0 to 10. The first: how well the change from B to B′ is the one from A to A′ " +
            "(0: not made, 10: made in kind and extent). The second: how little else was changed " +
            "(0: another picture, 10: nothing that was not asked for).",
        ),
      ],
    }],
    read,
    standIn: STAND_IN,
  });
  const [naturalness, cleanness] = await ask({
    messages: [{
      role: "user",
      content: [
        text("This picture was made by a program."),
        ...(await labelled("Picture", shown)).slice(1),
        question(
          "Give two scores from 0 to 10. The first: how natural it looks as a picture of its kind, in light, " +
            "proportions and sense (0: not at all, 10: entirely). The second: how free it is of artefacts, " +
            "such as blur, seams, wrong hands or faces (0: full of them, 10: none).",
        ),
      ],
    }],
    read,
    standIn: STAND_IN,
  });
  const consistency = Math.min(success, restraint);
  const quality = Math.min(naturalness, cleanness);
  return {
    success,
    restraint,
    naturalness,
    cleanness,
    consistency,
    quality,
    overall: Math.sqrt(consistency * quality),
  };
}
