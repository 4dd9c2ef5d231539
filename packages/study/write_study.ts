import { SeededRandom } from "@edit-transfer/dataset/seeded_random";
import { atomicWrite, replaceFolder } from "@edit-transfer/files";
import { encodePng, type Image, resize, type Size } from "@edit-transfer/image";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { pageHtml } from "./page/page_html.ts";
import { type Study, STUDY_FILE, type Task } from "./study_file.ts";

/** Pictures of a case. */
export interface StudyCase {
  /** Name of the case. */
  readonly id: string;
  /** Example before its edit. */
  readonly before: Image;
  /** Example after its edit. */
  readonly after: Image;
  /** Picture that was edited. */
  readonly query: Image;
  /** What the edit should have made of it, where that is known. */
  readonly answer?: Image | undefined;
  /** Outputs by the methods' names. */
  readonly outputs: ReadonlyMap<string, Image>;
}

/**
 * Writes a study as a folder: `page/` with one static page and its pictures, for
 * those who answer, and `study.json`, which tells what was on which side, for
 * those who ask. On the page nothing tells methods apart: pictures have random
 * names, one size, and no metadata.
 *
 * @param folder Folder to write; one that is there is replaced as a whole.
 * @param study What `designStudy` gave.
 * @param cases The cases, with outputs of all its methods.
 * @returns The path of the page.
 *
 * @throws {RangeError} If a task has no picture.
 * @throws {Error} If the folder cannot be written.
 *
 * @example Usage
 * ```ts
 * import { designStudy, writeStudy } from "@edit-transfer/study";
 * import { blankImage } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const folder = await mkdtemp(join(tmpdir(), "study-"));
 * const study = designStudy({
 *   cases: [{ id: "0000", isAnswered: false }],
 *   methods: ["a", "b"],
 *   seed: 1,
 *   tasks: 1,
 * });
 * const image = blankImage(8, 8);
 * const page = await writeStudy(join(folder, "out"), study, [{
 *   id: "0000",
 *   before: image,
 *   after: image,
 *   query: image,
 *   outputs: new Map([["a", image], ["b", image]]),
 * }]);
 * assert.equal(page, join(folder, "out", "page", "index.html"));
 * await rm(folder, { recursive: true });
 * ```
 */
export async function writeStudy(
  folder: string,
  study: Study,
  cases: readonly StudyCase[],
): Promise<string> {
  const byId = new Map(cases.map((one) => [one.id, one]));
  const newName = namer(study.seed);
  const names = new Map<string, string>();
  const files = new Map<string, { image: Image; size: Size }>();
  /** File of a picture of a case, one for each role, at the size of another. */
  const file = (
    { id }: StudyCase,
    role: string,
    image: Image | undefined,
    { width, height } = image ?? { width: 0, height: 0 },
  ) => {
    if (image === undefined) {
      throw new RangeError(
        `Cannot write the study as case "${id}" must have the picture "${role}": got none`,
      );
    }
    const key = JSON.stringify([id, role]);
    const name = names.get(key) ?? `pictures/${newName()}.png`;
    names.set(key, name);
    files.set(name, { image, size: { width, height } });
    return name;
  };
  const shown = ({ id, block, kind, left, right, case: name }: Task) => {
    const one = byId.get(name);
    if (one === undefined) {
      throw new RangeError(
        `Cannot write the study as its cases must be given: got no "${name}"`,
      );
    }
    const { before, after, query, answer, outputs } = one;
    const side = (name: string) =>
      kind !== "check"
        ? file(one, `output ${name}`, outputs.get(name), query)
        : name === "query"
        ? file(one, "copy of the query", query)
        : file(one, "answer", answer, query);
    return {
      id,
      block,
      before: file(one, "before", before),
      after: file(one, "after", after),
      query: file(one, "query", query),
      left: side(left),
      right: side(right),
    };
  };
  const tasks = study.tasks.map(shown);
  await replaceFolder(folder, async (writing) => {
    const page = join(writing, "page");
    await mkdir(join(page, "pictures"), { recursive: true });
    for (const [name, { image, size }] of files) {
      const isFit = size.width === image.width && size.height === image.height;
      const png = await encodePng(isFit ? image : await resize(image, size));
      await atomicWrite(join(page, name), png, { flush: false });
    }
    const text = new TextEncoder();
    await atomicWrite(
      join(page, "index.html"),
      text.encode(pageHtml({ ...study, tasks })),
    );
    await atomicWrite(
      join(writing, STUDY_FILE),
      text.encode(`${JSON.stringify(study, null, 1)}\n`),
    );
  });
  return join(folder, "page", "index.html");
}

/** Names that tell nothing, each once. */
function namer(seed: number): () => string {
  const random = new SeededRandom(seed);
  const given = new Set<string>();
  return () => {
    for (;;) {
      const name = random.bits().toString(16).padStart(8, "0");
      if (!given.has(name)) {
        given.add(name);
        return name;
      }
    }
  };
}
