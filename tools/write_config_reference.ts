/**
 * Writes `docs/config.md`, the reference of every key of a training config, from
 * the schema and the words in `config_help.ts`.
 *
 * Usage: deno run -A tools/write_config_reference.ts
 */
import { atomicWrite } from "@edit-transfer/files";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { CONFIG_HELP } from "../apps/train/config_help.ts";
import { CONFIG_SCHEMA } from "../apps/train/config_schema.ts";

/** What is used of JSON Schema. */
interface Schema {
  readonly type?: string | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly items?: Schema | false | undefined;
  readonly prefixItems?: readonly Schema[] | undefined;
  readonly anyOf?: readonly Schema[] | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly const?: unknown;
  readonly default?: unknown;
  readonly pattern?: string | undefined;
  readonly minimum?: number | undefined;
  readonly exclusiveMinimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly exclusiveMaximum?: number | undefined;
}

interface Row {
  readonly key: string;
  readonly schema: Schema;
  readonly isRequired: boolean;
}

const HEAD = `# Keys of a training config

All keys that \`edit-transfer-train --config FILE\` knows, YAML or JSON, with what each may be and its default. Most stand in
\`config.process[0]\`, e.g. \`train.steps\`; \`--set train.steps=100\` overrides one. An unknown key is refused. **Bold** keys
must be given. \`deno run -A tools/write_config_reference.ts\` writes this page from the schema.

\`\`\`yaml
job: extension
config:
  name: my_edit
  process:
    - type: sd_trainer
      training_folder: out/train
      network: { linear: 16 }
      datasets: [{ folder_path: my_pictures }]
      train: { steps: 1000, lr: 1e-3 }
\`\`\`
`;
const SECTIONS: Readonly<Record<string, string>> = {
  "": "The run",
  network: "`network`: the LoRA",
  save: "`save`: checkpoints",
  datasets:
    "`datasets`: a list of training data; `validation` and `replay` take the same keys where they have data of their own",
  figures: "`figures`, in `datasets`, `validation` and `replay`: drawn data",
  cache: "`cache`: encodings",
  train: "`train`: steps, noise, optimiser",
  model: "`model`: the base",
  sample: "`sample`: sheets of pictures on the way",
  validation: "`validation`: what the run is judged by",
  augment: "`augment`: more of each example, see [training.md](training.md)",
  replay: "`replay`: other composites among them",
  stop: "`stop`: before the last step",
};

/** The page. */
export function configReference(): string {
  const schema = z.toJSONSchema(CONFIG_SCHEMA, { io: "input" }) as Schema;
  const rows = new Map<string, Row>();
  collect(schema, "", rows);
  const sections = Object.entries(SECTIONS).map(([section, title]) => {
    const own = [...rows.values()].filter(({ key }) =>
      (key.includes(".") ? key.split(".")[0] : "") === section
    );
    return `## ${title}\n\n| key | what it is | may be | default |\n| --- | --- | --- | --- |\n${
      own.map(line).join("")
    }`;
  });
  const unused = Object.keys(CONFIG_HELP).filter((key) => !rows.has(key));
  if (unused.length > 0) {
    throw new Error(`Cannot describe keys that are none: got ${unused}`);
  }
  return [HEAD, ...sections].join("\n");
}

/** All keys that take a value, by the name under which they are described. */
function collect(schema: Schema, path: string, rows: Map<string, Row>): void {
  const { properties, required = [] } = schema;
  for (const [name, own] of Object.entries(properties ?? {})) {
    const key = path === "" ? name : `${path}.${name}`;
    const inner = own.type === "array" && own.items && own.items.properties
      ? own.items
      : own;
    if (inner.properties !== undefined) {
      const isOuter = key === "config" || key === "process";
      collect(inner, isOuter ? "" : nested(key), rows);
    } else if (!rows.has(key) && !isShared(key)) {
      rows.set(key, { key, schema: own, isRequired: required.includes(name) });
    }
  }
}

/** Figures are described once, for whatever has them. */
function nested(key: string): string {
  return key.endsWith(".figures") ? "figures" : key;
}

/** Whether a key is that of any data set. */
function isShared(key: string): boolean {
  const [, rest] = /^(?:validation|replay)\.(\w+)$/.exec(key) ?? [];
  return rest !== undefined && `datasets.${rest}` in CONFIG_HELP;
}

function line({ key, schema, isRequired }: Row): string {
  const help = CONFIG_HELP[key];
  if (help === undefined) {
    throw new Error(`Cannot describe "${key}" as config_help.ts has no words`);
  }
  const name = isRequired && schema.default === undefined
    ? `**\`${key}\`**`
    : `\`${key}\``;
  const value = schema.default === undefined
    ? ""
    : `\`${JSON.stringify(schema.default)}\``;
  return `| ${name} | ${help} | ${range(schema)} | ${value} |\n`;
}

/** What a value may be, in words. */
function range(schema: Schema): string {
  if (schema.anyOf) {
    return [...new Set(schema.anyOf.map(range))].join(", or ");
  }
  if (schema.const !== undefined) return `\`${schema.const}\` only`;
  if (schema.enum) return schema.enum.map((one) => `\`${one}\``).join(", ");
  if (schema.prefixItems) {
    return `[${schema.prefixItems.map(range).join(", ")}]`;
  }
  if (schema.type === "array") {
    return `list of ${schema.items ? range(schema.items) : "anything"}`;
  }
  if (schema.properties) {
    return `{ ${Object.keys(schema.properties).join(", ")} }`;
  }
  if (schema.type === "boolean") return "`true`, `false`";
  if (schema.type === "number" || schema.type === "integer") {
    const kind = schema.type === "integer" ? "integer " : "";
    const { minimum, exclusiveMinimum, maximum, exclusiveMaximum } = schema;
    const from = exclusiveMinimum !== undefined
      ? `above ${exclusiveMinimum}`
      : `${minimum}`;
    const to = exclusiveMaximum !== undefined
      ? `below ${exclusiveMaximum}`
      : `${maximum}`;
    return `${kind}${from} to ${to}`;
  }
  if (schema.pattern !== undefined) {
    return "letters a to z, digits, `_`, `-` and `.`, not dots alone";
  }
  return schema.type === "string" ? "text" : "anything";
}

if (import.meta.main) {
  const path = fileURLToPath(new URL("../docs/config.md", import.meta.url));
  await atomicWrite(path, new TextEncoder().encode(configReference()));
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", path],
  }).output();
  if (!success) throw new Error(`Cannot format "${path}"`);
  process.stdout.write(`${join("docs", "config.md")}\n`);
}
