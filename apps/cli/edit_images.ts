import {
  checkPair,
  commonColours,
  decodeImage,
  type Image,
  readImageFile,
} from "@edit-transfer/image";
import { UsageError } from "@edit-transfer/terminal";
import { createHash } from "node:crypto";
import { checkSame, type EarlierRun } from "./open_model.ts";
import type { EditRecord, NamedFile } from "./record.ts";

/** Pictures that an edit is given. */
export const PICTURES = ["before", "after", "query"] as const;

/** Something of each of them. */
export type Pictures<Value> = Readonly<Record<typeof PICTURES[number], Value>>;

/** Files that an edit is made of. */
export interface NamedInputs {
  /** The example and the first query; all of them one file for a composite. */
  readonly inputs: Pictures<NamedFile>;
  /** Whether the inputs are the panels of one picture. */
  readonly isComposite: boolean;
  /** The run that is repeated, if any. */
  readonly earlier: EarlierRun<EditRecord> | undefined;
}

/** The pictures that a record names, unless it names one file that holds them. */
export function picturesOf(
  record: Pick<EditRecord, "inputs"> | undefined,
): Pictures<{ path: string; sha256: string }> | undefined {
  const inputs = record?.inputs;
  return inputs !== undefined && "before" in inputs ? inputs : undefined;
}

/** The three pictures of an edit, decoded, and their hashes. */
export interface EditImages {
  /** Pictures as they are meant to be seen. */
  readonly images: Pictures<Image>;
  /** SHA-256 of the files. */
  readonly hashes: Pictures<string>;
  /** What the files hold and the pictures do not show. */
  readonly notices: readonly string[];
}

/** Decodes the inputs; of a repeated run, checks that they are the same. */
export async function readInputs(plan: NamedInputs): Promise<EditImages> {
  if (plan.isComposite) return await readComposite(plan);
  const notices: string[] = [];
  const read = async (key: typeof PICTURES[number]) => {
    const { notices: own, ...picture } = await readPicture(plan.inputs[key], {
      then: picturesOf(plan.earlier?.record)?.[key],
    });
    notices.push(...own);
    return picture;
  };
  const before = await read("before");
  const after = await read("after");
  checkPair(
    [`"${plan.inputs.before.path}"`, before.image],
    [`"${plan.inputs.after.path}"`, after.image],
  );
  const query = await read("query");
  return {
    images: { before: before.image, after: after.image, query: query.image },
    hashes: {
      before: before.sha256,
      after: after.sha256,
      query: query.sha256,
    },
    notices,
  };
}

/** A picture that is decoded, and the hash of its file. */
export interface ReadPicture {
  readonly image: Image;
  readonly sha256: string;
  /** What the file holds and the picture does not show. */
  readonly notices: readonly string[];
}

/** Decodes a picture; one that a record names has to be what it was then. */
export async function readPicture(
  { name, path }: NamedFile,
  { then }: { readonly then?: { readonly sha256: string } | undefined } = {},
): Promise<ReadPicture> {
  const notices: string[] = [];
  const bytes = await readImageFile(path);
  const image = await decodeImage(bytes, {
    path,
    onNotice: (notice) => notices.push(notice),
  });
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (name !== undefined) checkSame(path, sha256, then!.sha256);
  return { image, sha256, notices };
}

/** Share of the commonest colour in a panel that is empty. */
const EMPTY = 0.9;

/** Cuts a composite into its panels where their seams are found. */
async function readComposite(plan: NamedInputs): Promise<EditImages> {
  const { splitComposite } = await import("@edit-transfer/dataset");
  const file = plan.inputs.query;
  const inputs = plan.earlier?.record.inputs;
  const { image, sha256, notices } = await readPicture(file, {
    then: inputs && "composite" in inputs ? inputs.composite : undefined,
  });
  let panels;
  try {
    panels = await splitComposite(image, { seams: "detect" });
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new UsageError(`Cannot use "${file.path}": ${cause.message}`, {
      cause,
    });
  }
  const [before, after, query, answer] = panels;
  return {
    images: { before, after, query },
    hashes: { before: sha256, after: sha256, query: sha256 },
    notices: [
      ...notices,
      ...commonColours(answer, 1) < EMPTY
        ? [`The fourth panel of "${file.path}" is not used, and is not empty`]
        : [],
    ],
  };
}
