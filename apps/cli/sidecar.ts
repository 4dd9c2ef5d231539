import { atomicWrite, parseJson, readText } from "@edit-transfer/files";
import { createHash } from "node:crypto";
import { extname } from "node:path";
import { z } from "zod";

/** What stands beside a picture in place of what it would carry. */
export interface Sidecar {
  /** Texts of the picture by keyword. */
  readonly text: Readonly<Record<string, string>>;
  /** SHA-256 of the picture's file. */
  readonly sha256: string;
}

const schema: z.ZodType<Sidecar> = z.strictObject({
  text: z.record(z.string(), z.string()),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** Most bytes of a sidecar. */
const MAX_BYTES = 2 ** 24;

/** Name of the sidecar of a picture. */
export function sidecarOf(picture: string): string {
  return `${picture.slice(0, picture.length - extname(picture).length)}.json`;
}

/** Writes what a picture would carry beside it. */
export async function writeSidecar(
  picture: string,
  { text, bytes }: {
    readonly text: Sidecar["text"];
    /** Bytes of the picture's file. */
    readonly bytes: Uint8Array;
  },
): Promise<void> {
  const json = JSON.stringify({ sha256: hashOf(bytes), text }, undefined, 2);
  await atomicWrite(
    sidecarOf(picture),
    new TextEncoder().encode(`${json}\n`),
  );
}

/** A sidecar; undefined where the file is none. */
export async function readSidecar(path: string): Promise<Sidecar | undefined> {
  try {
    const text = await readText(path, { what: "sidecar", maxBytes: MAX_BYTES });
    return schema.safeParse(parseJson(text)).data;
  } catch {
    return undefined;
  }
}

/** Texts that stand beside a picture; none where it is another picture now. */
export async function textBeside(
  picture: string,
  bytes: Uint8Array,
): Promise<Sidecar["text"]> {
  const found = await readSidecar(sidecarOf(picture));
  return found?.sha256 === hashOf(bytes) ? found.text : {};
}

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
