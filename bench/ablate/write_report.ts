import { EDIT_TYPES } from "@edit-transfer/figures";
import { atomicWrite } from "@edit-transfer/files";
import { join } from "node:path";
import sharp from "sharp";
import { plotOf } from "./plot.ts";
import type { Report } from "./row.ts";
import { sectionOf } from "./table.ts";

/** Name of the file that holds a report. */
export const REPORT = "ablate.json";

/** Writes a report as JSON, as a table and as a plot, SVG and PNG. */
export async function writeReport(
  folder: string,
  report: Report,
): Promise<void> {
  const { few, rows } = report;
  const svg = new TextEncoder().encode(plotOf(rows, {
    all: `all ${EDIT_TYPES.length} types`,
    few: `the ${few.length} shared types`,
    rest: `the other ${EDIT_TYPES.length - few.length} types`,
  }));
  const files = {
    [REPORT]: `${JSON.stringify(report, null, 1)}\n`,
    "table.md": sectionOf(report),
    "ablations.svg": svg,
    "ablations.png": await sharp(svg, { density: 144 }).png().toBuffer(),
  };
  for (const [name, content] of Object.entries(files)) {
    const bytes = typeof content === "string"
      ? new TextEncoder().encode(content)
      : content;
    await atomicWrite(join(folder, name), bytes);
  }
}
