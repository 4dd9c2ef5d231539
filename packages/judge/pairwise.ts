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
import { readReply } from "./read_reply.ts";

/** What two outputs are compared by, as in the user study. */
export const PAIR_QUESTIONS = ["edit", "preservation", "overall"] as const;

/** Share of the first output in a comparison: 1, 0, or a tie. */
export type Share = 0 | 0.5 | 1;

/** The first output's share by question. */
export type PairScore = Readonly<
  Record<typeof PAIR_QUESTIONS[number], Share>
>;

const choice = z.literal(
  [1, 2, "1", "2", "tie"],
  'choices must be 1, 2 or "tie"',
).transform(String);
const choices = z.object({
  edit: choice,
  preservation: choice,
  overall: choice,
});

/**
 * Comparison of two outputs, asked in both orders: where the two replies
 * contradict each other, it is a tie.
 *
 * @param ask Asks the judge, see `Judge.ask`.
 * @param one Example and query.
 * @param outputs The two outputs.
 * @param options See {@linkcode ShowOptions}.
 * @returns The first output's share: 1 where it is preferred in both orders, 0
 * where the other is, else 0.5.
 *
 * @throws {JudgeError} If there is no answer.
 *
 * @example Usage
 * ```ts
 * import { type Ask, pairwise } from "@edit-transfer/judge";
 * import { blankImage } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const always = '{"edit": 1, "preservation": 1, "overall": 1}';
 * const ask: Ask = ({ read }) => Promise.resolve(read(always));
 * const grey = blankImage(8, 8);
 * const one = { before: grey, after: grey, query: grey };
 * assert.equal((await pairwise(ask, one, [grey, grey])).overall, 0.5);
 * ```
 */
export async function pairwise(
  ask: Ask,
  one: Exemplar,
  outputs: readonly [Image, Image],
  options: ShowOptions = {},
): Promise<PairScore> {
  const [first, second] = outputs;
  const forth = await compared(ask, one, [first, second], options);
  const back = await compared(ask, one, [second, first], options);
  const share = (name: keyof PairScore): Share =>
    forth[name] === "1" && back[name] === "2"
      ? 1
      : forth[name] === "2" && back[name] === "1"
      ? 0
      : 0.5;
  return {
    edit: share("edit"),
    preservation: share("preservation"),
    overall: share("overall"),
  };
}

async function compared(
  ask: Ask,
  one: Exemplar,
  outputs: readonly [Image, Image],
  { control }: ShowOptions,
): Promise<z.output<typeof choices>> {
  const pictures = await Promise.all(
    outputs.map(async (output, i) =>
      await labelled(
        `B′ number ${i + 1}`,
        await atSizeOf(one.query, output),
      )
    ),
  );
  return await ask({
    messages: [{
      role: "user",
      content: [
        text(
          `${
            introduction(control)
          } Two programs made a B′ of B: number 1 and number 2.`,
        ),
        ...await exemplarParts(one, control),
        ...pictures.flat(),
        text(
          'Which is better? Say so three times: "edit", by how well the change is the one from A to A′; ' +
            '"preservation", by how well everything else of B stayed; "overall", as the picture that you would choose. ' +
            'Each is 1, 2 or "tie". Reply with JSON alone: {"edit": …, "preservation": …, "overall": …, "reasoning": "one sentence"}',
        ),
      ],
    }],
    read: (reply) => readReply(reply, choices),
    standIn:
      '{"edit": 1, "preservation": 2, "overall": "tie", "reasoning": "The first raises the arm as far as in A′, the second keeps the face."}',
  });
}
