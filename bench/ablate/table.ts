import type { Report, Row } from "./row.ts";
import type { Summary } from "./summary.ts";

const HEAD = [
  "types",
  "examples of each",
  "composites",
  "gain",
  "keep (dB)",
  "win",
  "gain, shared types",
  "win",
  "gain, other types",
  "win",
  "last loss",
];

/** The rows as a Markdown table, its columns aligned. */
export function tableOf(rows: readonly Row[]): string {
  const lines = [HEAD, ...rows.map(cellsOf)];
  const widths = HEAD.map((_, column) =>
    Math.max(...lines.map((cells) => cells[column]!.length))
  );
  const rule = widths.map((width) => "-".repeat(width));
  return [HEAD, rule, ...lines.slice(1)].map((cells) => {
    const padded = cells.map((cell, column) => cell.padEnd(widths[column]!));
    return `| ${padded.join(" | ")} |\n`;
  }).join("");
}

/** The table with all that is needed to make it again. */
export function sectionOf(report: Report): string {
  const { few, rows, steps, batch, lr, seed, cases, editSteps, model } = report;
  return `Measured ${report.date} on ${report.machine}; base transformer ${
    model.transformer.slice(0, 12)
  }, autoencoder ${model.vae.slice(0, 12)}.
Each training: ${steps} steps of ${batch} samples, AdamW ${lr}, seed ${seed}; all else as in \`configs/edit_transfer.yaml\`,
but for the warm-up, shortened with the steps, and the moving average, left out.
Each row: the same ${cases} cases with unseen figures, ${editSteps} Euler steps, one seed each, none picked.
Shared types: ${few.join(", ")}.

${tableOf(rows)}`;
}

function cellsOf({ types, examples, loss, summaries }: Row): string[] {
  const { all, few, rest } = summaries;
  return [
    types === 0 ? "no fine-tuning" : `${types}`,
    types === 0 ? "" : `${examples}`,
    types === 0 ? "" : `${types * examples}`,
    gainOf(all),
    fixed(all?.keep, 1),
    fixed(all?.win, 2),
    gainOf(few),
    fixed(few?.win, 2),
    gainOf(rest),
    fixed(rest?.win, 2),
    fixed(loss, 3),
  ];
}

function gainOf(summary: Summary | undefined): string {
  if (summary === undefined) return "";
  return `${fixed(summary.gain, 2)} ± ${fixed(summary.gainError, 2)}`;
}

/** A number with a minus sign, but for a zero. */
function fixed(value: number | undefined, digits: number): string {
  const text = value?.toFixed(digits) ?? "";
  return Number(text) < 0 ? text.replace("-", "−") : text.replace("-", "");
}
