/**
 * Writes the tables of docs/memory.md: plans for FLUX.1-dev on graphics cards
 * of several sizes, from its configs alone.
 *
 * The code that edits and trains runs on a device that has the allocator and
 * the kernels of WebGPU but no memory, see `openDryDevice`; the adapter is made
 * up, with the limits of NVIDIA's.
 *
 * Usage: deno run -A bench/memory_plans.ts
 */
import { FluxTransformer, parseFluxConfig } from "@edit-transfer/dit";
import { parseSchedulerConfig } from "@edit-transfer/flow";
import type { Conditions } from "@edit-transfer/pipeline";
import {
  editWork,
  type MemoryPhase,
  type MemoryPlan,
  MemoryPlanError,
} from "@edit-transfer/plan";
import {
  ClipTextEncoder,
  parseClipTextConfig,
  parseT5Config,
  T5Encoder,
} from "@edit-transfer/text";
import { AutoencoderKl, parseVaeConfig } from "@edit-transfer/vae";
import { fileURLToPath } from "node:url";
import { quantizedOutline } from "../packages/convert/quantized_outline.ts";
import { FLUX_DEV } from "../packages/dit/_test_flux_dev.ts";
import type { OpenedModel } from "../packages/pipeline/pipeline.ts";
import { outlineOf, unreadWeights } from "../packages/plan/_test_outline.ts";
import { dryRun } from "../packages/plan/dry_run.ts";
import { planOpened } from "../packages/plan/memory_plan.ts";
import { planOpenedTraining } from "../packages/plan/training_plan.ts";

const DOC = new URL("../docs/memory.md", import.meta.url);
const MICRO = new URL("../models/micro/", import.meta.url);
/** Sizes of cards and what of them a run may take, in gigabytes. */
const CARDS = [[4, 3.5], [8, 7], [12, 11], [16, 15], [24, 23], [48, 47], [
  141,
  140,
]] as const;
const PANEL = 512;

const model = await fluxDev();
const forms = {
  "bf16": model,
  "8 bits": quantizedOutline(model, "q8_0"),
  "4 bits": quantizedOutline(model, "q4_k"),
};
const tables = {
  edit: await editTable("joint"),
  kept: await editTable("kept"),
  phases: await phaseTable(),
  training: await trainingTable(),
};
await Deno.remove(model.folder.path, { recursive: true });

let after = await Deno.readTextFile(DOC);
for (const [name, rows] of Object.entries(tables)) {
  const mark = new RegExp(`(<!-- ${name} -->\n).*?(<!-- end -->)`, "s");
  const text = rows.map((row) => `| ${row.join(" | ")} |\n`);
  text.splice(1, 0, `|${" --- |".repeat(rows[0]!.length)}\n`);
  after = after.replace(mark, `$1\n${text.join("")}\n$2`);
}
await Deno.writeTextFile(DOC, after);
await new Deno.Command(Deno.execPath(), {
  args: ["fmt", "--quiet", fileURLToPath(DOC)],
}).output();

/** Blocks that stay and bytes that are read, by card and form. */
async function editTable(conditions: Conditions): Promise<string[][]> {
  const rows = [["card", "`--max-vram`", ...Object.keys(forms)]];
  for (const [card, limit] of CARDS) {
    const cells = [];
    for (const form of Object.values(forms)) {
      cells.push(cellOf(await planned(form, limit * 1e9, conditions)));
    }
    rows.push([`${card} GB`, `${limit}GB`, ...cells]);
  }
  return rows;
}

/** What each stage takes where one part is there at a time and no block stays. */
async function phaseTable(): Promise<string[][]> {
  const rows = [["stage", ...Object.keys(forms)]];
  const columns = [];
  for (const form of Object.values(forms)) {
    const { phases } = await dryRun(form, {
      device: "webgpu",
      gpu: graphicsCard(),
      maxBytes: 1,
      work: editWork({ panelSize: PANEL }),
      resident: Array<boolean>(57).fill(false),
    });
    columns.push(phases);
  }
  for (const [i, { name }] of columns[0]!.entries()) {
    rows.push([name, ...columns.map((column) => phaseCell(column[i]!))]);
  }
  return rows;
}

/** An update of the reference's LoRA, with blocks as checkpoints. */
async function trainingTable(): Promise<string[][]> {
  const rows = [["weights", "base model", "LoRA", "activations", "peak"]];
  for (const [name, form] of Object.entries(forms)) {
    const plan = await planOpenedTraining(form, {
      device: "webgpu",
      gpu: graphicsCard(),
      panelSize: PANEL,
      batchSize: 1,
      trainer: {
        rank: 16,
        seed: 42,
        adam: { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.01 },
        ema: 0.99,
      },
    });
    const { baseBytes, loraBytes, peakBytes } = plan;
    const activations = peakBytes - baseBytes - loraBytes;
    const sizes = [baseBytes, loraBytes, activations, peakBytes];
    rows.push([name, ...sizes.map(gigabytes)]);
  }
  return rows;
}

async function planned(
  form: OpenedModel,
  maxBytes: number,
  conditions: Conditions,
): Promise<MemoryPlan | MemoryPlanError> {
  try {
    return await planOpened(form, {
      device: "webgpu",
      gpu: graphicsCard(),
      maxBytes,
      work: editWork({ panelSize: PANEL, conditions }),
    });
  } catch (error) {
    if (error instanceof MemoryPlanError) return error;
    throw error;
  }
}

function cellOf(plan: MemoryPlan | MemoryPlanError): string {
  if (plan instanceof MemoryPlanError) {
    return `does not fit, ${gigabytes(plan.plan.heldBytes)}`;
  }
  const { resident, blocks, heldBytes, readBytes } = plan;
  if (resident === undefined) return `all stays, ${gigabytes(heldBytes)}`;
  const stay = resident.filter(Boolean).length;
  return `${stay} of ${blocks} blocks stay, ${
    gigabytes(readBytes)
  } read a step`;
}

function phaseCell(
  { weightBytes, blockBytes, peakBytes }: MemoryPhase,
): string {
  return `${gigabytes(weightBytes + blockBytes)} + ${
    gigabytes(peakBytes - weightBytes - blockBytes)
  }`;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

/** FLUX.1-dev with a LoRA of none, whose weights say what they are. */
async function fluxDev(): Promise<OpenedModel> {
  const transformer = parseFluxConfig(FLUX_DEV, "config.json");
  const vae = parseVaeConfig({
    block_out_channels: [128, 256, 512, 512],
    latent_channels: 16,
    layers_per_block: 2,
    sample_size: 1024,
    scaling_factor: 0.3611,
    shift_factor: 0.1159,
    use_quant_conv: false,
    use_post_quant_conv: false,
  }, "vae/config.json");
  const clip = parseClipTextConfig({
    hidden_size: 768,
    intermediate_size: 3072,
    num_attention_heads: 12,
    num_hidden_layers: 12,
    max_position_embeddings: 77,
    vocab_size: 49408,
    hidden_act: "quick_gelu",
    layer_norm_eps: 1e-5,
    eos_token_id: 2,
  }, "text_encoder/config.json");
  const t5 = parseT5Config({
    d_model: 4096,
    d_ff: 10240,
    d_kv: 64,
    num_heads: 64,
    num_layers: 24,
    vocab_size: 32128,
    feed_forward_proj: "gated-gelu",
    relative_attention_num_buckets: 32,
    relative_attention_max_distance: 128,
    layer_norm_epsilon: 1e-6,
  }, "text_encoder_2/config.json");
  const weights = async (load: Parameters<typeof outlineOf>[0]) =>
    unreadWeights(
      new Map([...await outlineOf(load)].map(([name, shape]) => [
        name === "encoder.embed_tokens.weight" ? "shared.weight" : name,
        shape,
      ])),
      "BF16",
    );
  return {
    loras: [],
    folder: {
      path: await tokenizers(),
      settings: {},
      transformer: {
        config: transformer,
        weights: await weights((r) => FluxTransformer.load(r, transformer)),
      },
      vae: {
        config: vae,
        weights: await weights((r) => AutoencoderKl.load(r, vae)),
      },
      clip: {
        config: clip,
        weights: await weights((r) => ClipTextEncoder.load(r, clip)),
      },
      t5: {
        config: t5,
        weights: await weights((r) => T5Encoder.load(r, t5)),
      },
      scheduler: parseSchedulerConfig({
        num_train_timesteps: 1000,
        shift: 3,
        use_dynamic_shifting: true,
        base_shift: 0.5,
        max_shift: 1.15,
        base_image_seq_len: 256,
        max_image_seq_len: 4096,
      }, "scheduler/scheduler_config.json"),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    },
  };
}

/** A folder with the embedded model's tokenisers, as long as FLUX.1-dev's. */
async function tokenizers(): Promise<string> {
  const folder = await Deno.makeTempDir();
  for (const [name, length] of [["tokenizer", 77], ["tokenizer_2", 512]]) {
    const from = new URL(`${name}/`, MICRO);
    await Deno.mkdir(`${folder}/${name}`);
    for await (const { name: file } of Deno.readDir(from)) {
      let text = await Deno.readTextFile(new URL(file, from));
      if (file === "tokenizer_config.json") {
        const config = { ...JSON.parse(text), model_max_length: length };
        text = JSON.stringify(config);
      }
      await Deno.writeTextFile(`${folder}/${name}/${file}`, text);
    }
  }
  return folder;
}

/** An implementation of WebGPU whose adapter is like NVIDIA's. */
function graphicsCard(): GPU {
  const adapter = {
    info: {
      vendor: "nvidia",
      architecture: "ada",
      device: "",
      description: "graphics card",
      subgroupMinSize: 32,
      subgroupMaxSize: 32,
      subgroupMatrixConfigs: [{
        componentType: "f16",
        resultComponentType: "f32",
        M: 16,
        N: 16,
        K: 16,
      }],
    },
    features: new Set([
      "shader-f16",
      "subgroups",
      "chromium-experimental-subgroup-matrix",
    ]),
    limits: {
      maxBufferSize: 2 ** 32,
      maxStorageBufferBindingSize: 2 ** 31 - 4,
      maxComputeWorkgroupStorageSize: 49_152,
      maxComputeInvocationsPerWorkgroup: 1024,
      maxComputeWorkgroupSizeX: 1024,
      maxComputeWorkgroupSizeY: 1024,
      maxComputeWorkgroupsPerDimension: 65_535,
    },
  };
  return {
    requestAdapter: () => Promise.resolve(adapter),
  } as unknown as GPU;
}
