import { pathOnDisk } from "@edit-transfer/files";
import { stat } from "node:fs/promises";
import { parse } from "node:path";
import { picturesIn } from "./pictures_in.ts";
import type { NamedFile } from "./record.ts";

/** Pictures that `--query` names: files, and all pictures of folders. */
export async function namedQueries(
  given: readonly string[] = [],
): Promise<NamedFile[]> {
  const found: NamedFile[] = [];
  for (const name of given) {
    const path = await pathOnDisk(name);
    const isFolder = (await stat(path).catch(() => undefined))?.isDirectory();
    const paths = isFolder === true ? await picturesIn(path) : [path];
    found.push(...paths.map((path) => ({ path })));
  }
  return found;
}

/** What tells the outputs of queries apart: their names, each once; none of one. */
export function labelsOf(queries: readonly NamedFile[]): string[] {
  if (queries.length === 1) return [""];
  const names = queries.map(({ path }) => parse(path).name);
  const taken = new Set<string>();
  return names.map((name) => {
    let label = name;
    for (let i = 2; taken.has(label.toLowerCase()); i++) label = `${name}_${i}`;
    taken.add(label.toLowerCase());
    return label;
  });
}

/** Name of the output of one query in a folder. */
export function stemOf([query]: readonly NamedFile[]): string {
  return parse(query!.path).name;
}
