/**
 * Copies a package to `--out` with every text import (WGSL, the study's page)
 * turned into a plain module, for registries and runtimes without text imports.
 *
 * Usage: deno run -A tools/embed_text.ts packages/tensor --out build/tensor
 */
import { cp, glob, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";

const { values: { out }, positionals: [from] } = parseArgs({
  options: { out: { type: "string" } },
  allowPositionals: true,
});
if (from === undefined || out === undefined) {
  throw new TypeError("Cannot embed: expected a package folder and --out");
}
await cp(from, out, { recursive: true });
for await (const file of glob("**/*.ts", { cwd: out })) {
  const path = join(out, file);
  const code = await readFile(path, "utf8");
  const imports = /"(\.[^"]+)" with \{ type: "text" \}/g;
  for (const [, name] of code.matchAll(imports)) {
    const source = join(dirname(path), name!);
    const text = JSON.stringify(await readFile(source, "utf8"));
    await writeFile(
      `${source}.ts`,
      `const source: string = ${text};\nexport default source;\n`,
    );
  }
  await writeFile(path, code.replace(imports, '"$1.ts"'));
}
