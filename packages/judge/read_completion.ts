import { z } from "zod";
import { JudgeError } from "./judge_error.ts";
import { quoted } from "./read_reply.ts";

/** What an endpoint replied. */
export interface Reply {
  /** The model's words. */
  readonly text: string;
  /** Tokens that it read and wrote, as the endpoint counts them; 0 if it does not. */
  readonly tokens: { readonly read: number; readonly written: number };
}

const count = z.number().nonnegative().catch(0);
const parts = z.array(z.object({ text: z.string().default("") }))
  .transform((all) => all.map(({ text }) => text).join(""));
const completion = z.object({
  choices: z.tuple([
    z.object({
      message: z.object({
        content: z.union([z.string(), parts]).nullish(),
        refusal: z.string().nullish(),
      }),
      finish_reason: z.string().nullish(),
    }),
  ], z.unknown()),
  usage: z.object({ prompt_tokens: count, completion_tokens: count })
    .nullish().catch(undefined),
});

/**
 * The reply in the body of an answer.
 *
 * @param body The body; undefined where it is too large.
 * @throws {JudgeError} If it holds none, was cut, or the model refuses.
 */
export function readCompletion(body: string | undefined): Reply {
  if (body === undefined) {
    throw unreadable("it must have at most 1 MiB: got more");
  }
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw unreadable(`it must be JSON: got ${quoted(body)}`);
  }
  const { success, data } = completion.safeParse(value);
  if (!success) throw unreadable(`it must have a choice: got ${quoted(body)}`);
  const [{ message: { content, refusal }, finish_reason }] = data.choices;
  if (refusal || finish_reason === "content_filter") {
    throw new JudgeError(
      "refused",
      `The judge refuses to answer: got ${quoted(refusal || "content_filter")}`,
    );
  }
  if (finish_reason === "length") {
    throw unreadable("it must be whole: got one that was cut at a token limit");
  }
  if (!content) throw unreadable("it must have words: got none");
  return {
    text: content,
    tokens: {
      read: data.usage?.prompt_tokens ?? 0,
      written: data.usage?.completion_tokens ?? 0,
    },
  };
}

/** A reply that holds no score. */
export function unreadable(rule: string, options?: ErrorOptions): JudgeError {
  return new JudgeError(
    "unreadable",
    `Cannot read the judge's reply as ${rule}`,
    options,
  );
}
