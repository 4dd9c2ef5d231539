import { type Spec, specialize } from "./specialize.ts";

/** Everything a compiled kernel depends on, and nothing else. */
export interface KernelVariant {
  /** File name without extension, e.g. `"rms_norm"`, unique with the values below. */
  readonly name: string;
  /** WGSL text. */
  readonly source: string;
  /** Values of the `// @spec` lines. */
  readonly spec?: Spec | undefined;
  /** Values of the `override` declarations. */
  readonly constants?: Readonly<Record<string, number>> | undefined;
}

/**
 * Name of a variant, for caches, labels, benchmarks and test filters:
 * `rms_norm(T=f32,LANES=64)`.
 */
export function variantName({ name, spec, constants }: KernelVariant): string {
  // loops, as this runs with each dispatch
  let values = "";
  for (const key in spec) values += `,${key}=${spec[key]}`;
  for (const key in constants) values += `,${key}=${constants[key]}`;
  return `${name}(${values.slice(1)})`;
}

const generatedVariants = new Map<string, KernelVariant>();

/** The variant of a generated kernel, written at most once. */
export function generated(
  name: string,
  spec: object,
  write: () => string,
): KernelVariant {
  let values = "";
  for (const key in spec) values += `,${key}=${spec[key as keyof typeof spec]}`;
  const label = `${name}[${values.slice(1)}]`;
  let variant = generatedVariants.get(label);
  if (variant === undefined) {
    variant = { name: label, source: write() };
    generatedVariants.set(label, variant);
  }
  return variant;
}

/** A compiled variant. */
export interface Pipeline {
  readonly label: string;
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  /** Key of the layout, e.g. `"rrw"`. */
  readonly layoutKey: string;
}

const COMPUTE = 4; // GPUShaderStage.COMPUTE

/** Compiled variants of one device. */
export class PipelineCache {
  readonly #device: GPUDevice;
  readonly #pipelines = new Map<string, Pipeline>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  readonly #names = new WeakMap<KernelVariant, string>();
  /** Layout of the parameters, group 1 of every kernel. */
  readonly paramsLayout: GPUBindGroupLayout;

  constructor(device: GPUDevice) {
    this.#device = device;
    this.paramsLayout = device.createBindGroupLayout({
      label: "params",
      entries: [{
        binding: 0,
        visibility: COMPUTE,
        buffer: { type: "uniform", hasDynamicOffset: true },
      }],
    });
  }

  /** Compiles a variant that reads and writes so many buffers, once. */
  get(variant: KernelVariant, reads: number, writes: number): Pipeline {
    let label = this.#names.get(variant);
    if (label === undefined) {
      this.#names.set(variant, label = variantName(variant));
    }
    let compiled = this.#pipelines.get(label);
    if (compiled !== undefined) return compiled;
    const layoutKey = "r".repeat(reads) + "w".repeat(writes);
    const layout = this.#layout(layoutKey);
    const code = specialize(variant.source, variant.spec ?? {});
    const pipeline = this.#device.createComputePipeline({
      label,
      layout: this.#device.createPipelineLayout({
        label,
        bindGroupLayouts: [layout, this.paramsLayout],
      }),
      compute: {
        module: this.#device.createShaderModule({ label, code }),
        entryPoint: "main",
        constants: variant.constants ?? {},
      },
    });
    compiled = { label, pipeline, layout, layoutKey };
    this.#pipelines.set(label, compiled);
    return compiled;
  }

  #layout(key: string): GPUBindGroupLayout {
    let layout = this.#layouts.get(key);
    if (layout === undefined) {
      layout = this.#device.createBindGroupLayout({
        label: key,
        entries: [...key].map((access, binding) => ({
          binding,
          visibility: COMPUTE,
          buffer: { type: access === "r" ? "read-only-storage" : "storage" },
        })),
      });
      this.#layouts.set(key, layout);
    }
    return layout;
  }
}
