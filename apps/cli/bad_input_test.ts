import { blankImage, encodePng } from "@edit-transfer/image";
import { writeSafetensors } from "@edit-transfer/weights";
import { crc32 } from "node:zlib";
import { editArgs, fixture } from "./_run_cli.ts";
import { query, refuses, write } from "./_test_bad_input.ts";

/** A PNG of one small chunk that claims to be `side × side`. */
async function hugePng(side: number): Promise<Uint8Array> {
  const png = await encodePng(blankImage(1, 1));
  const view = new DataView(png.buffer);
  view.setUint32(16, side);
  view.setUint32(20, side);
  view.setUint32(29, crc32(png.subarray(12, 29)));
  return png;
}

const FILE = { path: "embedded", sha256: "0" };

/** A sound record of an edit. */
const RECORD: Readonly<Record<string, unknown>> = {
  command: "edit",
  program: "edit-transfer 0.1.0",
  model: FILE,
  loras: [],
  prompt: "a",
  seed: 1,
  guidance: 1,
  device: { kind: "cpu", name: "cpu" },
  inputs: { before: FILE, after: FILE, query: FILE },
  panelSize: 64,
  fit: "crop",
  noise: { round: "bf16", standardize: true },
  steps: 1,
};

refuses([
  {
    name: "a picture that is text",
    prepare: write("a.png", "no picture"),
    args: query("a.png"),
    code: 1,
    says: /Cannot decode "a\.png" as it must be an image/,
  },
  {
    name: "a 0-byte picture",
    prepare: write("a.png", ""),
    args: query("a.png"),
    code: 1,
    says: /"a\.png" .* it is empty \(0 bytes\)/,
  },
  {
    name: "a truncated PNG",
    prepare: async (folder) => {
      const png = await Deno.readFile(fixture("demo/0000/query.png"));
      await write("a.png", png.subarray(0, png.length / 2))(folder);
    },
    args: query("a.png"),
    code: 1,
    says: /Cannot read PNG "a\.png" as chunk IDAT .* must end by/,
  },
  {
    name: "a 60,000 × 60,000 PNG",
    prepare: async (folder) =>
      await write("a.png", await hugePng(60_000))(folder),
    args: query("a.png"),
    code: 1,
    says: /at most 268402689 pixels: got 60000 x 60000/,
  },
  {
    name: "an example whose pictures differ in shape",
    prepare: async (folder) => {
      await write("a.png", await encodePng(blankImage(64, 64)))(folder);
      await write("b.png", await encodePng(blankImage(128, 64)))(folder);
    },
    args: [
      ...["edit", "--example", "a.png", "b.png", "--fit", "pad"],
      ...["--query", fixture("demo/0000/query.png"), "--dry-run"],
    ],
    code: 1,
    says:
      /Cannot pair "a\.png" and "b\.png" as both must have one shape, to be cut at one place: got 64 x 64 and 128 x 64\n/,
  },
  {
    name: "a missing picture",
    args: query("none.png"),
    code: 1,
    says: /Picture not found: "none\.png"/,
  },
  {
    name: "an output folder that does not exist",
    args: editArgs("-o", "none/out.png"),
    code: 1,
    says: /Cannot write "none\/out\.png": there is no folder "none"/,
  },
  {
    name: "a model folder that does not exist",
    args: editArgs("--model", "none"),
    code: 1,
    says: /^error: Model not found: "none"$/m,
  },
  {
    name: "a LoRA that does not exist",
    args: editArgs("--lora", "none.safetensors"),
    code: 1,
    says: /^error: LoRA file not found: "none\.safetensors"$/m,
  },
  {
    name: "a folder as a LoRA",
    prepare: async (folder) => {
      await Deno.mkdir(`${folder}/a`);
      await write("a/b.safetensors", "")(folder);
    },
    args: editArgs("--lora", "a"),
    code: 1,
    says:
      /Cannot load LoRA "a" as it must be a safetensors file: got a folder; name a file in it, e\.g\. "a\/b\.safetensors"$/m,
  },
  {
    name: "an output that is a file of another program",
    prepare: (folder) =>
      Deno.copyFile(fixture("demo/0000/query.png"), `${folder}/a.png`),
    args: editArgs("-o", "a.png"),
    code: 1,
    says:
      /Cannot write "a\.png" as it must not replace a file of another program: got one; name another file, or add --force$/m,
  },
  {
    name: "a LoRA for another model",
    prepare: async (folder) => {
      const matrix = (shape: number[]) => ({
        dtype: "F32" as const,
        shape,
        data: new Float32Array(shape[0]! * shape[1]!).fill(1),
      });
      const path = "transformer.transformer_blocks.18.attn.to_q";
      await writeSafetensors(`${folder}/other.safetensors`, {
        [`${path}.lora_A.weight`]: matrix([4, 3072]),
        [`${path}.lora_B.weight`]: matrix([3072, 4]),
      });
    },
    args: editArgs("--lora", "other.safetensors"),
    code: 1,
    says: /transformer_blocks\.18\.attn\.to_q/,
    lines: 4,
  },
  {
    name: "a panel size that does not divide into tokens",
    args: editArgs("--panel-size", "100"),
    code: 1,
    says: /multiples of 16 pixels: got 100/,
  },
  {
    name: "no adapter with --device webgpu",
    args: editArgs("--device", "webgpu"),
    env: { VK_ICD_FILENAMES: "/none", VK_DRIVER_FILES: "/none" },
    code: 3,
    says: /Cannot open a WebGPU device as no adapter was found/,
  },
  {
    name: "-C of a picture without a record",
    args: ["edit", "-C", fixture("demo/0000/query.png")],
    code: 1,
    says: /an output must carry the text edit_transfer: got none/,
  },
  {
    name: "a folder of queries that holds none",
    prepare: (folder) => Deno.mkdir(`${folder}/a`),
    args: query("a"),
    code: 2,
    says: /Cannot edit "a" as it must hold pictures: got none in 0 files/,
  },
  {
    name: "a picture as a model",
    prepare: (folder) =>
      Deno.copyFile(fixture("demo/0000/query.png"), `${folder}/a.png`),
    args: editArgs("--model", "a.png"),
    code: 1,
    says: /a weight file ends in \.safetensors or \.gguf: got "\.png"/,
  },
  {
    name: "an output that is an input",
    prepare: (folder) =>
      Deno.copyFile(fixture("demo/0000/query.png"), `${folder}/a.png`),
    args: editArgs("--query", "a.png", "-o", "./a.png"),
    code: 1,
    says:
      /Cannot write "\.\/a\.png" as it must not replace an input: got the same file as "a\.png"/,
  },
  {
    name: "a grid whose name is that of a folder",
    prepare: (folder) => Deno.mkdir(`${folder}/a_seed_2_grid.png`),
    args: editArgs("-o", "a.png", "--save-grid", "--seed", "1", "2"),
    code: 1,
    says: /Cannot write "a_seed_2_grid\.png": it is a folder/,
  },
  {
    name: "previews in a file",
    prepare: write("a.txt", ""),
    args: editArgs("--preview-dir", "a.txt"),
    code: 1,
    says: /Cannot write previews to "a\.txt": it is not a folder/,
  },
  {
    name: "-C of another format",
    prepare: write("a.png", "no picture"),
    args: ["edit", "-C", "a.png"],
    code: 1,
    says:
      /Cannot decode "a\.png" as it must be an image: its format is none of PNG/,
  },
  {
    name: "info of a folder",
    prepare: (folder) => Deno.mkdir(`${folder}/a`),
    args: ["info", "a"],
    code: 1,
    says: /Cannot open image "a": it is a folder/,
  },
  {
    name: "info of a picture that is missing",
    args: ["info", "none.png"],
    code: 1,
    says: /^error: Picture not found: "none\.png"$/m,
  },
  {
    name: "figures into a folder that is not empty",
    prepare: write("kept.txt", "kept"),
    args: ["figures", "--count", "1", "-o", "."],
    code: 1,
    says: /must be empty: got 1 entries/,
  },
  {
    name: "a picture of a format that it does not read",
    prepare: write("a.bmp", new Uint8Array([0x42, 0x4d, 58, 0, 0, 0])),
    args: query("a.bmp"),
    code: 1,
    says: /"a\.bmp" as BMP is not read; convert it to PNG of 8 bits/,
  },
  {
    name: "a record that is not JSON",
    prepare: async (folder) =>
      await write(
        "a.png",
        await encodePng(blankImage(8, 8), { text: { edit_transfer: "{" } }),
      )(folder),
    args: ["info", "a.png"],
    code: 1,
    says:
      /edit_transfer must be a record of this program: got another text, as it must be JSON: got /,
  },
  ...Object.entries({
    "panelSize 20000":
      /got a fault at "panelSize", which must be an integer from 1 to 4096\n/,
    "steps 9000000000000000":
      /got a fault at "steps", which must be an integer from 1 to 100000\n/,
    "guidance 1e300":
      /got a fault at "guidance", which must be a number from 0 to 1000\n/,
    "fitt 1": /got the unknown key "fitt"\n/,
    'steps 1, "steps": 2': /as a key must stand once: got "steps" twice\n/,
  }).map(([change, says]) => ({
    name: `a record with ${change}`,
    prepare: async (folder: string) => {
      const at = change.indexOf(" ");
      const name = change.slice(0, at);
      const { [name]: _, ...others } = RECORD;
      const edit_transfer = `${JSON.stringify(others).slice(0, -1)},"${name}":${
        change.slice(at)
      }}`;
      const png = await encodePng(blankImage(8, 8), {
        text: { edit_transfer },
      });
      await write("a.png", png)(folder);
    },
    args: ["edit", "-C", "a.png", "-o", "b.png"],
    code: 1,
    says,
  })),
  {
    name: "a record that lacks a field",
    prepare: async (folder) => {
      const edit_transfer = '{"command": "edit"}';
      const png = await encodePng(blankImage(8, 8), {
        text: { edit_transfer },
      });
      await write("a.png", png)(folder);
    },
    args: ["edit", "-C", "a.png", "-o", "b.png"],
    code: 1,
    says:
      /must be a record of this program: got a fault at "program", which must be of another kind\n/,
  },
  {
    name: "figures in place of a file",
    prepare: write("a.txt", "kept"),
    args: ["figures", "--count", "1", "-o", "a.txt"],
    code: 1,
    says: /"a\.txt" must be a folder that can be read: got a file/,
  },
  {
    name: "a damaged model file, by its own name",
    prepare: async (folder) => {
      await write("a.gguf", "other")(folder);
      await write("b.gguf", "other")(folder);
    },
    args: ["convert", "b.gguf", "--quantize", "8", "-o", "c"],
    code: 1,
    says: /Cannot read GGUF "b\.gguf"/,
  },
]);
