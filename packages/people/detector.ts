import type { Image } from "@edit-transfer/image";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { DetectorQuestion, DetectorReply } from "./detector_worker.ts";
import { installModels, type InstallModelsOptions } from "./install_models.ts";
import type { Panel } from "./panel.ts";
import type { Person } from "./person.ts";

/** Options of {@linkcode openDetector}. */
export interface OpenDetectorOptions extends InstallModelsOptions {
  /**
   * Whether to look for faces.
   *
   * @default {true}
   */
  readonly faces?: boolean | undefined;
  /**
   * Whether to look for bodies.
   *
   * @default {true}
   */
  readonly bodies?: boolean | undefined;
}

/** Looks for people in pictures. */
export interface Detector extends AsyncDisposable {
  /** Who is in a picture; a picture that was seen before is not looked at again. */
  person(image: Image): Promise<Person>;
  /** A picture with who is in it, and where. */
  panel(image: Image): Promise<Panel>;
}

/**
 * The models, loaded: faces (BlazeFace, FaceMesh, HSE-FaceRes, emotion), body
 * (MoveNet Thunder) and mask (MediaPipe Selfie), on WebAssembly in a thread.
 *
 * @param options See {@linkcode OpenDetectorOptions}.
 * @returns The detector; dispose of it to end the thread.
 *
 * @throws {Error} If the models cannot be downloaded or loaded.
 *
 * @example Usage
 * ```ts no-eval
 * import { openDetector } from "@edit-transfer/people";
 * import { blankImage } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * await using detector = await openDetector();
 * const { face } = await detector.person(blankImage(64, 64));
 * assert.equal(face, undefined);
 * ```
 */
export async function openDetector(
  options: OpenDetectorOptions = {},
): Promise<Detector> {
  const { faces = true, bodies = true } = options;
  const folder = join(await installModels(options), "node_modules");
  const worker = new Worker(new URL("./detector_worker.ts", import.meta.url), {
    type: "module",
  });
  let last: Promise<unknown> = Promise.resolve();
  const ask = <T>(question: DetectorQuestion) => {
    const reply = last.then(() =>
      new Promise<T>((resolve, reject) => {
        worker.onmessage = ({ data }: MessageEvent<DetectorReply>) => {
          if ("fault" in data) reject(new Error(data.fault));
          else resolve(data.answer as T);
        };
        worker.onerror = (event) => {
          event.preventDefault();
          reject(new Error(`Cannot look for people: ${event.message}`));
        };
        worker.postMessage(question);
      })
    );
    last = reply.catch(() => {});
    return reply;
  };
  try {
    const modules = `${pathToFileURL(folder).href}/`;
    await ask({ start: { modules, faces, bodies } });
  } catch (error) {
    worker.terminate();
    throw error;
  }

  const seen = new WeakMap<Image, Promise<Person>>();
  const person = (image: Image) => {
    const known = seen.get(image) ?? ask<Person>({ person: image });
    seen.set(image, known);
    return known;
  };
  return {
    person,
    async panel(image) {
      const mask = ask<Uint8Array>({ mask: image });
      return { image, person: await person(image), mask: await mask };
    },
    async [Symbol.asyncDispose]() {
      await last;
      worker.terminate();
    },
  };
}
