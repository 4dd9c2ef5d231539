import { decodeImage, type Image, readImageFile } from "@edit-transfer/image";
import { createHash } from "node:crypto";
import type { EditPlan } from "./plan_edit.ts";
import type { EditRecord } from "./record.ts";

/** The three pictures of an edit, decoded, and what a record keeps of them. */
export interface EditImages {
  /** Pictures as they are meant to be seen. */
  readonly images: Readonly<Record<"before" | "after" | "query", Image>>;
  /** Names and hashes. */
  readonly files: EditRecord["inputs"];
  /** What the files hold and the pictures do not show. */
  readonly notices: readonly string[];
}

/** Decodes the inputs; of a repeated run, checks that they are the same. */
export async function readInputs(plan: EditPlan): Promise<EditImages> {
  const notices: string[] = [];
  const onNotice = (notice: string) => notices.push(notice);
  const read = async (key: "before" | "after" | "query") => {
    const { name, path } = plan.inputs[key];
    const bytes = await readImageFile(path);
    const image = await decodeImage(bytes, { path, onNotice });
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const recorded = plan.earlier?.inputs[key];
    if (recorded?.path === name) checkSame(path, sha256, recorded.sha256);
    return { image, file: { path: name, sha256 } };
  };
  const before = await read("before");
  const after = await read("after");
  const query = await read("query");
  return {
    images: { before: before.image, after: after.image, query: query.image },
    files: { before: before.file, after: after.file, query: query.file },
    notices,
  };
}

/** Refuses to repeat a run with a file that is not what it was. */
export function checkSame(path: string, now: string, then: string): void {
  if (now === then) return;
  throw new Error(
    `Cannot repeat the run as "${path}" must not have changed: got sha256 ${
      now.slice(0, 12)
    }, recorded ${then.slice(0, 12)}`,
  );
}
