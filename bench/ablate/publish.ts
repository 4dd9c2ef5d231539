import { atomicWrite } from "@edit-transfer/files";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** Where table and pictures are shown. */
const PAGE = "bench/ABLATIONS.md";
const PICTURES = "docs";
const BEGIN = "<!-- measured -->\n";
const END = "<!-- /measured -->\n";

/** Puts the table of a run into its page, whose words stay, and its pictures beside. */
export async function publish(folder: string): Promise<void> {
  const page = await readFile(PAGE, "utf8");
  const table = await readFile(join(folder, "table.md"), "utf8");
  await atomicWrite(PAGE, new TextEncoder().encode(withTable(page, table)));
  for (const name of ["ablations.svg", "ablations.png"]) {
    await atomicWrite(
      join(PICTURES, name),
      await readFile(join(folder, name)),
    );
  }
}

/** The page with a table between its marks. */
export function withTable(page: string, table: string): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from === -1 || to < from) {
    throw new Error(
      `Cannot publish a table as its page must have ${BEGIN.trim()} and ${END.trim()}: got neither in this order`,
    );
  }
  return `${page.slice(0, from)}${BEGIN}\n${table}\n${page.slice(to)}`;
}
