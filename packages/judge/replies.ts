import { jsonLines, readText } from "@edit-transfer/files";
import { appendFile } from "node:fs/promises";
import { z } from "zod";

/** A reply that was kept. */
export interface KeptReply {
  /** Hash of model and question. */
  readonly key: string;
  /** Name of the model. */
  readonly model: string;
  /** What was judged, e.g. `"0007 ours"`. */
  readonly about: string;
  /** The model's words. */
  readonly reply: string;
  /** Why no score could be read in it. */
  readonly fault?: string | undefined;
}

const line = z.object({
  key: z.string(),
  model: z.string(),
  about: z.string(),
  reply: z.string(),
  fault: z.string().optional(),
});

/** Replies of earlier runs and of this one. */
export interface Replies {
  /** The readable reply to a question. */
  get(key: string): string | undefined;
  /** Keeps a reply. */
  add(one: KeptReply): Promise<void>;
}

/**
 * Replies in a file, one a line, the newest last. A line that was cut, as by a
 * killed run, is passed over.
 *
 * @param path Path of the file; left out, replies are kept in memory alone.
 * @throws {Error} If the file is none of replies.
 */
export async function openReplies(path: string | undefined): Promise<Replies> {
  const known = new Map<string, string>();
  let broken = false; // the last line has no end
  if (path !== undefined) {
    const written = await readText(path, {
      what: "replies",
      maxBytes: 2 ** 30,
    }).catch((error: Error) => {
      if ((error.cause as NodeJS.ErrnoException).code === "ENOENT") return "";
      throw error;
    });
    broken = written !== "" && !written.endsWith("\n");
    for (const { value, fault, line: at } of jsonLines(written)) {
      const { success, data } = line.safeParse(value);
      if (success && data.fault === undefined) known.set(data.key, data.reply);
      if (success || fault !== undefined) continue;
      throw new Error(
        `Cannot read replies "${path}" as line ${at} must be one of a judge: got another`,
      );
    }
  }
  return {
    get: (key) => known.get(key),
    async add(one) {
      if (one.fault === undefined) known.set(one.key, one.reply);
      if (path === undefined) return;
      const begin = broken ? "\n" : "";
      broken = false;
      await appendFile(path, `${begin}${JSON.stringify(one)}\n`);
    },
  };
}
