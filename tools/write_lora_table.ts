/**
 * Writes the table of LoRA styles into docs/lora.md: what diffusers does with each
 * file of fixtures/goldens/lora_styles, what we do, and the relative errors.
 *
 * Usage: deno run -A tools/write_lora_table.ts
 */
import { atomicWrite } from "@edit-transfer/files";
import { type LoraFile, readLora } from "@edit-transfer/lora";
import { openDevice } from "@edit-transfer/tensor";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import {
  STYLE_CASES,
  type StyleCase,
  styleErrors,
  styleFile,
  styleModels,
} from "../packages/lora/_test_styles.ts";
import { REFUSALS } from "../packages/lora/_test_refusals.ts";

const PAGE = fileURLToPath(new URL("../docs/lora.md", import.meta.url));
const [START, END] = ["<!-- styles -->\n", "<!-- /styles -->\n"];

/** Errors of each case, by device. */
async function errorsOn(
  kind: "cpu" | "webgpu",
): Promise<Map<string, Record<string, number>>> {
  using device = await openDevice(kind);
  using models = await styleModels(device);
  const errors = new Map<string, Record<string, number>>();
  for (const style of STYLE_CASES) {
    if (REFUSALS[style.name] !== undefined) continue;
    errors.set(style.name, await styleErrors(style, models));
  }
  return errors;
}

/** The largest of some errors, `4.1e-7`. */
function worst(errors: Record<string, number> | undefined): string {
  return errors === undefined
    ? ""
    : Math.max(...Object.values(errors)).toExponential(1);
}

/** What we do with a file. */
async function verdict(style: StyleCase): Promise<string> {
  const refusal = REFUSALS[style.name];
  if (refusal !== undefined) {
    const reason = refusal.replace(/^.*?\.safetensors" as (?:a LoRA as )?/, "")
      .replace(/; --lora-allow-unmatched.*$/, "")
      .replaceAll("|", "\\|");
    return `refused: ${reason}`;
  }
  const file = await readLora(styleFile(style));
  return file.notices.some((notice) => !notice.startsWith("target_modules"))
    ? "applies, with a notice"
    : `applies${parts(file)}`;
}

function parts(file: LoraFile): string {
  const keys = [...file.layers.keys()];
  const names = [
    ...keys.some((key) => key.startsWith("text_encoder.")) ? ["CLIP"] : [],
    ...keys.some((key) => key.startsWith("text_encoder_2.")) ? ["T5"] : [],
  ];
  return names.length === 0 ? "" : `, ${names.join(" and ")} too`;
}

const cpu = await errorsOn("cpu");
const gpu = await errorsOn("webgpu");
const rows = [
  ["file", "what it is", "diffusers", "here", "cpu", "WebGPU"],
  ["---", "---", "---", "---", "---:", "---:"],
];
for (const style of STYLE_CASES) {
  const { name, about, diffusers } = style;
  rows.push([
    `\`${name}\``,
    about,
    diffusers,
    await verdict(style),
    worst(cpu.get(name)),
    worst(gpu.get(name)),
  ]);
}
const table = rows.map((row) => `| ${row.join(" | ")} |\n`).join("");
const page = await readFile(PAGE, "utf8");
const before = page.slice(0, page.indexOf(START) + START.length);
const after = page.slice(page.indexOf(END));
const text = `${before}\n${table}\n${after}`;
await atomicWrite(PAGE, new TextEncoder().encode(text));
