/**
 * Runs one edit on the embedded model and leaves two pictures: the output as
 * the program writes it, and a sheet that shows it beside example and query.
 *
 * Usage: deno run -A tools/demo.ts
 */
import { run } from "@edit-transfer/cli";
import { contactSheet } from "@edit-transfer/evaluate";
import { decodeImage } from "@edit-transfer/image";
import { atomicWrite } from "@edit-transfer/files";
import { mkdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const folder = join(root, "fixtures", "demo", "0000");
const out = join(root, "out");
const output = join(out, "demo.png");
const picture = (name: string) => join(folder, `${name}.png`);
const short = (path: string) => relative(process.cwd(), path) || path;
const cases = await readFile(
  join(root, "fixtures", "demo", "cases.jsonl"),
  "utf8",
);
const { edit } = JSON.parse(cases.split("\n")[0]!) as { edit: string };

const args = [
  "edit",
  ...["--example", short(picture("source")), short(picture("edited"))],
  ...["--query", short(picture("query"))],
  ...["--edit", edit],
  ...["-o", short(output)],
];
const shown = args.map((word) => word.includes(" ") ? `"${word}"` : word);
process.stderr.write(`deno run -A apps/cli/main.ts ${shown.join(" ")}\n`);

await mkdir(out, { recursive: true });
const start = performance.now();
const code = await run(args);
if (code !== 0) process.exit(code);
const seconds = ((performance.now() - start) / 1000).toFixed(1);

const query = await decodeImage(picture("query"));
const sheet = await contactSheet([
  {
    panels: [
      await decodeImage(picture("source")),
      await decodeImage(picture("edited")),
    ],
    words: `Example: before, after (${edit})`,
  },
  { panels: [query, await decodeImage(output)], words: "Query, output" },
  {
    panels: [query, await decodeImage(picture("target"))],
    words: "Query, true answer",
  },
], { zoom: 4 });
const sheetPath = join(out, "demo_sheet.png");
await atomicWrite(sheetPath, sheet);
process.stdout.write(
  `The edited picture is ${short(output)} (${seconds} s); ` +
    `${
      short(sheetPath)
    } shows before, after, query, output and the true answer.\n`,
);
process.exit(0); // a GPU library may otherwise keep the process alive
