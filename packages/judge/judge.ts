import { hashText, oneLine, RuleError } from "@edit-transfer/files";
import type { Ask, Message, Question } from "./chat.ts";
import { type EndpointOptions, openEndpoint } from "./endpoint.ts";
import { type Fault, JudgeError } from "./judge_error.ts";
import { unreadable } from "./read_completion.ts";
import { openReplies } from "./replies.ts";
import { tokensOf } from "./tokens.ts";

/** Options of {@linkcode openJudge}. */
export interface JudgeOptions extends EndpointOptions {
  /**
   * File that replies are kept in, and taken from: a run that was stopped goes
   * on, and nothing is asked twice.
   *
   * @default {kept in memory alone}
   */
  readonly replies?: string | undefined;
}

/** A score, or why there is none. */
export type Verdict<Score> =
  | { readonly score: Score }
  | { readonly fault: Fault; readonly reason: string };

/** What judging costs. */
export interface Cost {
  /** Calls. */
  readonly calls: number;
  /** Calls that kept replies save. */
  readonly kept: number;
  /** Tokens that the model reads: estimated before, counted by the endpoint after. */
  readonly read: number;
  /** Tokens that it writes. */
  readonly written: number;
}

/** What asks a judge for a score, e.g. `(ask) => vieScore(ask, one, output)`. */
export type Procedure<Score> = (ask: Ask) => Promise<Score>;

/** A vision-language model that judges edits. */
export interface Judge {
  /** Name of the model. */
  readonly model: string;
  /**
   * Runs a procedure: a score, or why there is none.
   *
   * @param about What is judged, for the file of replies, e.g. `"0007 ours"`.
   */
  judge<Score>(
    about: string,
    procedure: Procedure<Score>,
  ): Promise<Verdict<Score>>;
  /** What procedures would cost, estimated without asking. */
  estimate(procedures: Iterable<Procedure<unknown>>): Promise<Cost>;
  /** What has been spent. */
  spent(): Cost;
}

/**
 * A judge: any model behind an endpoint of OpenAI's chat completions that sees
 * pictures. A reply that cannot be read is asked for once more; there is no
 * score without one. Where the endpoint is down, verdicts say so at once.
 *
 * The key comes from the environment, goes to the endpoint alone, and into no
 * message and no file.
 *
 * @param options See {@linkcode JudgeOptions}.
 * @returns The judge.
 *
 * @throws {Error} If the address, the key or the file of replies cannot be one.
 *
 * @example Usage
 * ```ts
 * import { openJudge, vieScore } from "@edit-transfer/judge";
 * import { blankImage } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const judge = await openJudge({ url: "http://localhost:8000", model: "qwen" });
 * const grey = blankImage(64, 64);
 * const one = { before: grey, after: grey, query: grey };
 * const { calls } = await judge.estimate([(ask) => vieScore(ask, one, grey)]);
 * assert.equal(calls, 2);
 * ```
 */
export async function openJudge(options: JudgeOptions): Promise<Judge> {
  const { model, temperature } = options;
  const endpoint = openEndpoint(options);
  const replies = await openReplies(options.replies);
  const spent = { calls: 0, kept: 0, read: 0, written: 0 };
  const keyOf = ({ messages, repeat = 0 }: Question<unknown>) =>
    hashText(JSON.stringify([model, temperature ?? null, repeat, messages]));

  const asks = (about: string): Ask => async (question) => {
    const key = keyOf(question);
    const kept = answerIn(question, replies.get(key));
    if (kept !== undefined) {
      spent.kept++;
      return kept.answer;
    }
    let { messages } = question;
    for (let isFirst = true;; isFirst = false) {
      try {
        spent.calls++;
        const { text, tokens } = await endpoint.complete(messages);
        spent.read += tokens.read;
        spent.written += tokens.written;
        const reply = endpoint.safe(text) === oneLine(text)
          ? text
          : endpoint.safe(text); // with a key in it
        const keep = { key, model, about, reply };
        try {
          const answer = question.read(reply);
          await replies.add(keep);
          return answer;
        } catch (error) {
          if (!(error instanceof RuleError)) throw error;
          await replies.add({ ...keep, fault: error.message });
          messages = [...question.messages, ...correction(reply, error)];
          throw unreadable(error.message, { cause: error });
        }
      } catch (error) {
        const mayMend = error instanceof JudgeError && error.fault !== "down";
        if (!mayMend || !isFirst) throw error;
      }
    }
  };

  return {
    model,
    async judge(about, procedure) {
      try {
        return { score: await procedure(asks(about)) };
      } catch (error) {
        if (!(error instanceof JudgeError)) throw error;
        return { fault: error.fault, reason: endpoint.safe(error.message) };
      }
    },
    async estimate(procedures) {
      const cost = { calls: 0, kept: 0, read: 0, written: 0 };
      for (const procedure of procedures) {
        await procedure((question) => {
          const kept = answerIn(question, replies.get(keyOf(question)));
          if (kept !== undefined) {
            cost.kept++;
            return Promise.resolve(kept.answer);
          }
          cost.calls++;
          cost.read += tokensOf(question.messages);
          cost.written += tokensOf([{
            role: "assistant",
            content: question.standIn,
          }]);
          return Promise.resolve(question.read(question.standIn));
        });
      }
      return cost;
    },
    spent: () => ({ ...spent }),
  };
}

/** Answer in a reply that was kept, if there is one and it can be read. */
function answerIn<Answer>(
  { read }: Question<Answer>,
  reply: string | undefined,
): { readonly answer: Answer } | undefined {
  if (reply === undefined) return undefined;
  try {
    return { answer: read(reply) };
  } catch (error) {
    if (error instanceof RuleError) return undefined;
    throw error;
  }
}

/** Turns that ask for a reply again. */
function correction(reply: string, { message }: RuleError): Message[] {
  return [
    { role: "assistant", content: reply },
    {
      role: "user",
      content:
        `This reply cannot be read: ${message}. Reply once more, in the form that was asked for and with nothing else.`,
    },
  ];
}
