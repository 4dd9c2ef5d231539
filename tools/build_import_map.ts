/**
 * Writes `import_map.json`: where the packages of the workspace and the npm
 * packages are, for programs outside the workspace and for the command line run
 * by its address.
 *
 * Usage: deno run -A tools/build_import_map.ts
 */
import { atomicWrite } from "@edit-transfer/files";
import { glob, readFile } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

interface Config {
  readonly name: string;
  readonly exports: string | Readonly<Record<string, string>>;
  readonly imports: Readonly<Record<string, string>>;
  readonly publish?: unknown;
}

/** The import map as text. */
export async function importMap(): Promise<string> {
  const read = async (path: string) =>
    JSON.parse(await readFile(join(ROOT, path), "utf8")) as Config;
  const imports: Record<string, string> = {};
  const members = await Array.fromAsync(
    glob("{packages,models}/*/deno.json", { cwd: ROOT }),
  );
  for (const path of members.map((path) => path.replaceAll("\\", "/")).sort()) {
    const { name, exports, publish } = await read(path);
    if (publish === false) continue;
    const entries = typeof exports === "string" ? { ".": exports } : exports;
    for (const [entry, file] of Object.entries(entries)) {
      imports[posix.join(name, entry)] = `./${posix.join(dirname(path), file)}`;
    }
  }
  Object.assign(imports, (await read("deno.json")).imports);
  return `${JSON.stringify({ imports }, null, 2)}\n`;
}

if (import.meta.main) {
  const text = new TextEncoder().encode(await importMap());
  await atomicWrite(join(ROOT, "import_map.json"), text);
  process.stdout.write("import_map.json\n");
}
