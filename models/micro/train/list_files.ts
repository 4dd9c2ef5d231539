/**
 * Writes `models/micro/files.ts`: what the embedded model consists of, for
 * those who fetch it. Run it after the model has changed.
 *
 * Usage: deno run -A models/micro/train/list_files.ts
 */
import { atomicWrite, hashFile } from "@edit-transfer/files";
import { glob, stat } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { ListedFile } from "../fetch_files.ts";

const MICRO = fileURLToPath(new URL("..", import.meta.url));
const PARTS = [
  "model_index.json",
  "{scheduler,text_encoder,text_encoder_2,tokenizer,tokenizer_2,transformer,vae,lora}/*",
];

/** The model's files, in the order of their names. */
export async function listFiles(): Promise<ListedFile[]> {
  const paths = await Array.fromAsync(glob(PARTS, { cwd: MICRO }));
  const files = [];
  for (const path of paths.map((path) => path.replaceAll("\\", "/")).sort()) {
    const { size } = await stat(join(MICRO, path));
    files.push({
      path,
      bytes: size,
      sha256: await hashFile(join(MICRO, path)),
    });
  }
  return files;
}

if (import.meta.main) {
  const entries = (await listFiles()).map(({ path, bytes, sha256 }) =>
    `  {\n    path: "${path}",\n    bytes: ${bytes},\n    sha256: "${sha256}",\n  },\n`
  );
  const text = `// Written by train/list_files.ts.
import type { ListedFile } from "./fetch_files.ts";

/** What the embedded model consists of. */
export const FILES: readonly ListedFile[] = [
${entries.join("")}];
`;
  await atomicWrite(join(MICRO, "files.ts"), new TextEncoder().encode(text));
  process.stdout.write(`${entries.length} files\n`);
}
