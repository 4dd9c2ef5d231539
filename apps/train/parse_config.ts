import { readText } from "@edit-transfer/files";
import { parseYaml } from "@edit-transfer/files/yaml";
import { ConfigError } from "@edit-transfer/training";
import { nearestName } from "@edit-transfer/weights";
import type { z } from "zod";
import { brokenRules } from "./config_rules.ts";
import { CONFIG_SCHEMA, type ConfigFile, keysAt } from "./config_schema.ts";

/** Options of {@linkcode parseConfig}. */
export interface ParseConfigOptions {
  /** Path of the file, for messages. */
  readonly path: string;
  /**
   * Values in place of those of the file, each `key.key=value`; a key of the
   * process needs no `config.process.0.` in front.
   */
  readonly set?: readonly string[] | undefined;
}

/** Share of its letters by which a key may differ from the one that is meant. */
const FAR = 0.5;
/** Most bytes of a config. */
const MAX_BYTES = 2 ** 20;

/** Where most keys of a config stand. */
const PROCESS = ["config", "process", "0"];

/** Reads and parses the config at a path. */
export async function readConfig(
  path: string,
  { set }: Pick<ParseConfigOptions, "set">,
): Promise<ConfigFile> {
  const text = await readText(path, {
    what: "config",
    maxBytes: MAX_BYTES,
    fail: (message, options) => new ConfigError(message, options),
  });
  return parseConfig(text, { path, set });
}

/** Parses a config, YAML or JSON; a fault is told with its path and what was got. */
export function parseConfig(
  text: string,
  { path, set = [] }: ParseConfigOptions,
): ConfigFile {
  const json = readYaml(text, path);
  for (const one of set) override(json, one);
  const { data, error } = CONFIG_SCHEMA.safeParse(json);
  const issues = error?.issues ?? [];
  const meant = new Set(issues.flatMap((issue) => meantBy(issue)));
  const rules = [
    ...issues.filter((issue) => !meant.has(nameOf(issue.path)))
      .flatMap((issue) => rulesOf(issue, json)),
    ...brokenRules(json).filter((rule) => !meant.has(rule.split(/[ ,]/)[0]!)),
  ];
  if (data !== undefined && rules.length === 0) return data;
  throw new ConfigError(`Cannot use config "${path}" as ${rules.join("; ")}`);
}

function readYaml(text: string, path: string): unknown {
  try {
    return parseYaml(text);
  } catch (cause) {
    const { message } = cause as SyntaxError;
    throw new ConfigError(`Cannot read config "${path}" as ${message}`, {
      cause,
    });
  }
}

/** Sets one value, `train.steps=100`. */
function override(json: unknown, text: string): void {
  const [, name, value] = /^([\w.-]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new ConfigError(
      `Cannot set a value as it must be given like train.steps=100: got "${text}"`,
    );
  }
  const keys = name.split(".");
  const isRoot = keysAt([]).includes(keys[0]!);
  const full = isRoot
    ? keys
    : keys[0] === "name"
    ? ["config", ...keys]
    : [...PROCESS, ...keys];
  let at = json as Record<string, unknown>;
  for (const key of full.slice(0, -1)) {
    if (typeof at !== "object" || at === null) return; // the schema tells more
    at[key] ??= {};
    at = at[key] as Record<string, unknown>;
  }
  if (typeof at !== "object" || at === null) return;
  // a name like "@edit-transfer/micro" is no YAML without quotes
  at[full.at(-1)!] = value.startsWith("@")
    ? value
    : readYaml(value, `--set ${name}`);
}

/** Keys that are missing only as they are misspelt, or stand elsewhere. */
function meantBy(issue: z.core.$ZodIssue): string[] {
  if (issue.code !== "unrecognized_keys") return [];
  return issue.keys.flatMap((key) => {
    if (issue.path.length === 0 && keysAt(PROCESS).includes(key)) {
      return "config";
    }
    const near = nearKey(key, issue.path);
    return near === undefined ? [] : nameOf([...issue.path, near]);
  });
}

function nearKey(
  key: string,
  path: readonly PropertyKey[],
): string | undefined {
  return nearestName(key, keysAt(path), { most: FAR });
}

/** What keys or a value have to be and what they are, as ends of a sentence. */
function rulesOf(issue: z.core.$ZodIssue, json: unknown): string[] {
  return issue.code === "unrecognized_keys"
    ? issue.keys.map((key) => keyRule(key, issue.path))
    : [valueRule(issue, json)];
}

/** That a key is none, and which may be meant. */
function keyRule(key: string, path: readonly PropertyKey[]): string {
  const name = nameOf([...path, key]);
  if (keysAt(PROCESS).includes(key)) {
    return `"${name}" is not a key: "${key}" stands in config.process[0]`;
  }
  const near = nearKey(key, path);
  return `"${name}" is not a key` +
    (near === undefined ? "" : `: did you mean "${near}"?`);
}

function valueRule(issue: z.core.$ZodIssue, json: unknown): string {
  const value = issue.path.reduce<unknown>(
    (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
    json,
  );
  const got = value === undefined ? "nothing" : JSON.stringify(value);
  const name = nameOf(issue.path);
  switch (issue.code) {
    case "invalid_value":
      return `${name} must be ${
        issue.values.map((one) => JSON.stringify(one)).join(" or ")
      }: got ${got}`;
    default:
      return issue.message.startsWith("must ")
        ? `${name} ${issue.message}: got ${got}`
        : `${name || "it"} must be ${expected(issue)}: got ${got}`;
  }
}

/** What kind of value an issue asks for. */
function expected(issue: z.core.$ZodIssue): string {
  return issue.code === "invalid_type"
    ? `${/^[aeiou]/.test(issue.expected) ? "an" : "a"} ${issue.expected}`
    : "another value";
}

/** `config.process.0.train.steps` as `train.steps`. */
function nameOf(path: readonly PropertyKey[]): string {
  const [first, second, third] = path;
  const rest = first === "config" && second === "process" && third === 0
    ? path.slice(3)
    : path;
  return rest.map(String).join(".");
}
