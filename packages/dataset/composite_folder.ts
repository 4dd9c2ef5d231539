import { parseForeignJson, readText } from "@edit-transfer/files";
import { readdir } from "node:fs/promises";
import { extname, join } from "node:path";
import { cleanCaption } from "./caption.ts";
import { DatasetError } from "./dataset_error.ts";
import type { Manifest, ReadManifestOptions } from "./manifest.ts";

/** Most bytes of a caption. */
const MAX_CAPTION = 2 ** 20;

const PICTURES = new Set([".png", ".jpg", ".jpeg", ".webp"]);

/** Names in an error before it says "and n more". */
const NAMED = 5;

/** Reads a folder of four-panel pictures with a caption file each. */
export async function readCompositeFolder(
  path: string,
  { captionExtension = "txt", commas = false }: ReadManifestOptions,
): Promise<Manifest> {
  const extension = `.${captionExtension.replace(/^\./, "").toLowerCase()}`;
  const names = (await readdir(path)).sort();
  const pictures = byStem(names, (end) => PICTURES.has(end), path);
  const captions = byStem(names, (end) => end === extension, path);
  if (pictures.size === 0 && captions.size === 0) {
    throw new DatasetError(
      `Cannot read data set "${path}" as it must hold pictures NNNN.png with captions NNNN${extension}: got ${
        names.length === 0 ? "an empty folder" : `${names.length} other files`
      }`,
      { path },
    );
  }
  const notices = matchNumbers(pictures, captions);
  checkComplete(pictures, captions, path);
  const items = [];
  for (const [stem, name] of pictures) {
    const text = await readCaption(join(path, captions.get(stem)!), extension);
    items.push({
      name,
      pictures: { composite: join(path, name) },
      caption: cleanCaption(text, { commas }),
    });
  }
  return { path, items, notices };
}

/** Text of a caption file; of a JSON file, its field `caption`. */
async function readCaption(path: string, extension: string): Promise<string> {
  const fail = (message: string, { cause }: ErrorOptions = {}) =>
    new DatasetError(message, { path, cause });
  const text = await readText(path, {
    what: "caption",
    maxBytes: MAX_CAPTION,
    fail,
  });
  if (extension !== ".json") return text;
  try {
    const json = parseForeignJson(text) as
      | { readonly caption?: unknown }
      | null;
    if (typeof json?.caption === "string") return json.caption;
  } catch (cause) {
    const { message } = cause as SyntaxError;
    throw fail(`Cannot read caption "${path}" as ${message}`, { cause });
  }
  throw fail(
    `Cannot read caption "${path}" as its field "caption" must be a text: got none`,
  );
}

/** File names by their name without extension, in NFC. */
function byStem(
  names: readonly string[],
  wanted: (extension: string) => boolean,
  path: string,
): Map<string, string> {
  const stems = new Map<string, string>();
  for (const name of names) {
    const extension = extname(name);
    if (name.startsWith(".") || !wanted(extension.toLowerCase())) continue;
    const stem = name.slice(0, -extension.length).normalize("NFC");
    const other = stems.get(stem);
    if (other !== undefined) {
      throw new DatasetError(
        `Cannot read data set "${path}" as each name must stand once: got ${other} and ${name}`,
        { path },
      );
    }
    stems.set(stem, name);
  }
  return stems;
}

/** Gives `0040.png` the caption `40.txt` where both would be alone. */
function matchNumbers(
  pictures: ReadonlyMap<string, string>,
  captions: Map<string, string>,
): string[] {
  const notices: string[] = [];
  for (const [stem, picture] of pictures) {
    if (captions.has(stem) || !/^\d+$/.test(stem)) continue;
    const same = [...captions].filter(([other]) =>
      !pictures.has(other) && /^\d+$/.test(other) &&
      BigInt(other) === BigInt(stem)
    );
    const [only] = same;
    if (only === undefined || same.length > 1) continue;
    captions.delete(only[0]);
    captions.set(stem, only[1]);
    notices.push(`${picture} has the caption ${only[1]}, by its number`);
  }
  return notices;
}

/** Refuses pictures without caption and the reverse. */
function checkComplete(
  pictures: ReadonlyMap<string, string>,
  captions: ReadonlyMap<string, string>,
  path: string,
): void {
  const alone = (
    these: ReadonlyMap<string, string>,
    others: ReadonlyMap<string, string>,
    lacks: string,
  ) => {
    const names = [...these].filter(([stem]) => !others.has(stem))
      .map(([, name]) => name);
    if (names.length === 0) return [];
    const more = names.length > NAMED
      ? ` and ${names.length - NAMED} more`
      : "";
    const verb = names.length === 1 ? "has" : "have";
    return [`${names.slice(0, NAMED).join(", ")}${more} ${verb} no ${lacks}`];
  };
  const faults = [
    ...alone(pictures, captions, "caption"),
    ...alone(captions, pictures, "picture"),
  ];
  if (faults.length === 0) return;
  throw new DatasetError(
    `Cannot read data set "${path}" as each picture must have a caption and the reverse: ${
      faults.join("; ")
    }`,
    { path },
  );
}
