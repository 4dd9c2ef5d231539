/** A piece of a message: words, or a picture as a data URL. */
export type Part =
  | { readonly type: "text"; readonly text: string }
  | {
    readonly type: "image_url";
    readonly image_url: { readonly url: string };
  };

/** A turn of a conversation, as OpenAI's chat completions have it. */
export interface Message {
  /** Who speaks. */
  readonly role: "user" | "assistant";
  /** What is said and shown. */
  readonly content: string | readonly Part[];
}

/** What is asked of a judge. */
export interface Question<Answer> {
  /** The conversation so far, the last turn the user's. */
  readonly messages: readonly Message[];
  /**
   * Answer that a reply holds.
   *
   * @throws {RuleError} If it holds none; the message is the rule, as the end of
   * a sentence.
   */
  read(reply: string): Answer;
  /** A reply as it may come, for the cost that is told before. */
  readonly standIn: string;
  /**
   * Which of several equal questions it is.
   *
   * @default {0}
   */
  readonly repeat?: number | undefined;
}

/** Asks a judge, and gives what it answers. */
export type Ask = <Answer>(question: Question<Answer>) => Promise<Answer>;

/** Words as a piece of a message. */
export function text(words: string): Part {
  return { type: "text", text: words };
}
