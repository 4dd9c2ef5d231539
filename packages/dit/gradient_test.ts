import {
  add,
  concat,
  type Device,
  type Linear,
  mul,
  ParameterReader,
  scope,
  silu,
  slice,
  sum,
  Tensor,
  valueAndGrad,
} from "@edit-transfer/tensor";
import { assertRelative, readGolden } from "@edit-transfer/testing";
import { openSafetensors } from "@edit-transfer/weights";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { forEachDevice, read } from "../tensor/_test_devices.ts";
import { tinyModel } from "./_test_model.ts";
import { parseFluxConfig } from "./config.ts";
import { DoubleBlock } from "./double_block.ts";
import { type RopeTables, ropeTables } from "./rope.ts";
import { SingleBlock } from "./single_block.ts";

const TINY = new URL(
  "../../fixtures/goldens/dit/tiny.safetensors",
  import.meta.url,
);

/** Largest relative error: some 20 layers of f32 roundings against float64. */
const LIMIT = 1e-5;

/** Tensors of a golden, and the gradients that they have to have. */
class Golden extends DisposableStack {
  readonly #device: Device;
  readonly #file: ReturnType<typeof readGolden>;
  readonly #wrt = new Map<string, Tensor>();

  constructor(device: Device, name: string) {
    super();
    this.#device = device;
    this.#file = readGolden(`gradients/${name}`);
  }

  /** A tensor that is differentiated by if the golden has a gradient. */
  tensor(name: string): Tensor {
    const { arrays, shapes } = this.#file;
    const known = this.#wrt.get(name);
    if (known !== undefined) return known;
    const tensor = this.use(
      Tensor.from(this.#device, arrays[name]!, { shape: shapes[name]! }),
    );
    if (`d.${name}` in arrays) this.#wrt.set(name, tensor);
    return tensor;
  }

  ids(name: string): number[][] {
    const { arrays, shapes } = this.#file;
    return Array.from(
      { length: shapes[name]![0]! },
      (_, i) => [...arrays[name]!.slice(3 * i, 3 * i + 3)],
    );
  }

  /** Adds the low-rank branch of each layer that the golden has one of. */
  attach(linears: Iterable<readonly [string, Linear]>): void {
    const scale = Number(this.#file.metadata.scale);
    for (const [path, linear] of linears) {
      if (!(`${path}.lora_A` in this.#file.arrays)) continue;
      linear.branches.push({
        A: this.tensor(`${path}.lora_A`),
        B: this.tensor(`${path}.lora_B`),
        scale,
      });
    }
  }

  /** Compares all gradients. */
  async compare(loss: () => Tensor): Promise<void> {
    const { arrays } = this.#file;
    const { value, grads } = valueAndGrad(loss, [...this.#wrt.values()]);
    value.dispose(); // a sum of both signs: its rounding says nothing
    const expected = Object.keys(arrays).filter((k) => k.startsWith("d."));
    assert.equal(this.#wrt.size, expected.length);
    for (const [i, name] of [...this.#wrt.keys()].entries()) {
      assertRelative(await read(grads[i]!), arrays[`d.${name}`]!, LIMIT);
    }
  }
}

/** What both blocks need: a reader of the random model, and positions. */
async function blockParts(device: Device, golden: Golden) {
  const source = await openSafetensors(fileURLToPath(TINY));
  const json = JSON.parse(readGolden("dit/tiny").metadata.config!);
  const config = parseFluxConfig({ ...json, guidance_embeds: true }, "tiny");
  const reader = new ParameterReader(device, source);
  golden.defer(() => reader.loaded().forEach((tensor) => tensor.dispose()));
  const ids = [...golden.ids("txt_ids"), ...golden.ids("img_ids")];
  const pe: RopeTables = ropeTables(ids, {
    axesDims: config.axesDimsRope,
    device,
  });
  golden.use(pe.cos);
  golden.use(pe.sin);
  return { source, config, reader, pe };
}

forEachDevice(
  "gradients of a double block with LoRA match PyTorch",
  async (device) => {
    using golden = new Golden(device, "double_block");
    const { source, config, reader, pe } = await blockParts(device, golden);
    await using _ = source;
    const block = await DoubleBlock.load(
      reader.at("transformer_blocks").at(0),
      config,
    );
    golden.attach(Object.entries(block.linears()));
    const [img, txt, vec] = ["img", "txt", "vec"].map((k) => golden.tensor(k));
    await golden.compare(() =>
      scope(() => {
        const next = block.forward({ img: img!, txt: txt! }, silu(vec!), pe);
        return add(
          sum(mul(next.img, golden.tensor("weights.img"))),
          sum(mul(next.txt, golden.tensor("weights.txt"))),
        );
      })
    );
  },
);

forEachDevice(
  "gradients of a single block with LoRA match PyTorch",
  async (device) => {
    using golden = new Golden(device, "single_block");
    const { source, config, reader, pe } = await blockParts(device, golden);
    await using _ = source;
    const block = await SingleBlock.load(
      reader.at("single_transformer_blocks").at(0),
      config,
    );
    golden.attach(Object.entries(block.linears()));
    const [img, txt, vec] = ["img", "txt", "vec"].map((k) => golden.tensor(k));
    const T = txt!.shape[1]!;
    await golden.compare(() =>
      scope(() => {
        const x = block.forward(concat([txt!, img!], 1), silu(vec!), pe);
        return add(
          sum(mul(slice(x, 1, { start: T }), golden.tensor("weights.img"))),
          sum(mul(slice(x, 1, { end: T }), golden.tensor("weights.txt"))),
        );
      })
    );
  },
);

for (const checkpoint of [false, true]) {
  forEachDevice(
    `gradients of a model with LoRA match PyTorch ${
      checkpoint ? "with" : "without"
    } checkpoints`,
    async (device) => {
      using golden = new Golden(device, "flux");
      using model = await tinyModel(device);
      golden.attach(model.linears());
      const inputs = {
        img: golden.tensor("img"),
        txt: golden.tensor("txt"),
        pooled: golden.tensor("pooled"),
        timestep: [0.25, 0.75],
        guidance: 3.5,
        imgIds: golden.ids("img_ids"),
        txtIds: golden.ids("txt_ids"),
        checkpoint,
      };
      const weights = golden.tensor("weights.velocity");
      await golden.compare(() =>
        scope(() => sum(mul(model.forward(inputs), weights)))
      );
    },
  );
}

for (const checkpoint of [false, true]) {
  forEachDevice(
    `gradients through kept tokens match PyTorch with the mask ${
      checkpoint ? "with" : "without"
    } checkpoints`,
    async (device) => {
      using golden = new Golden(device, "kept");
      using model = await tinyModel(device);
      golden.attach(model.linears());
      const pooled = golden.tensor("pooled");
      const given = { pooled, timestep: 0.15, guidance: 1 };
      const turn = (name: string, y: number) => {
        const img = golden.tensor(name);
        const length = img.shape[1]!;
        return { img, imgIds: Array.from({ length }, (_, x) => [0, y, x]) };
      };
      const inputs = {
        ...turn("answer", 2),
        pooled,
        timestep: [0.25, 0.75],
        guidance: 3.5,
        before: [
          {
            ...given,
            txt: golden.tensor("txt"),
            txtIds: Array<number[]>(5).fill([0, 0, 0]),
          },
          { ...given, ...turn("pair", 0) },
          { ...given, ...turn("query", 1) },
        ],
        checkpoint,
      };
      const weights = golden.tensor("weights.velocity");
      await golden.compare(() =>
        scope(() => sum(mul(model.forward(inputs), weights)))
      );
    },
  );
}
