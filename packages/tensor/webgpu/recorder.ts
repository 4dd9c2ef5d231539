import type { GpuStorage } from "./pool.ts";
import { type KernelVariant, type Pipeline, PipelineCache } from "./variant.ts";

/** Part of a buffer that a kernel reads or writes. */
export interface Binding {
  readonly storage: GpuStorage;
  /** Bytes from the start of the buffer, a multiple of 256. */
  readonly offset: number;
  /** Bytes, a multiple of 16. */
  readonly size: number;
}

/** One run of a kernel. */
export interface KernelCall {
  readonly variant: KernelVariant;
  /** Buffers at bindings 0, 1, ... of group 0 that are only read. */
  readonly reads: readonly Binding[];
  /** Buffers at the bindings after those, which are written. */
  readonly writes: readonly Binding[];
  /** The kernel's `Params`: first the integers, then the floats. */
  readonly ints: readonly number[];
  readonly floats?: readonly number[] | undefined;
  /** Workgroups along each axis, or a count that is folded over (x, y). */
  readonly workgroups: number | readonly [x: number, y: number, z: number];
  /** Rough number of floating-point operations. */
  readonly work: number;
}

/** Options of {@linkcode Recorder}. */
export interface RecorderOptions {
  /** Operations after which recorded work is submitted. */
  readonly maxWork: number;
  /** Called after each submit. */
  readonly onSubmit: () => void;
}

const PARAMS_BYTES = 256;
const MAX_DISPATCHES = 64;
const MAX_BIND_GROUPS = 8192;

/**
 * Collects dispatches in one compute pass and submits them in batches.
 *
 * Bind groups are kept, as making one costs more than the dispatch itself.
 */
export class Recorder {
  readonly #device: GPUDevice;
  readonly #options: RecorderOptions;
  readonly #pipelines: PipelineCache;
  readonly #bindGroups = new Map<string, GPUBindGroup>();
  readonly #params = new DataView(
    new ArrayBuffer(PARAMS_BYTES * MAX_DISPATCHES),
  );
  readonly #paramsBuffer: GPUBuffer;
  readonly #paramsGroup: GPUBindGroup;
  readonly #maxPerDimension: number;
  /** Asked before each dispatch where its begin and end are to be noted. */
  timestamps:
    | ((label: string) => GPUComputePassTimestampWrites | undefined)
    | undefined;
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  #current: Pipeline | undefined;
  #dispatches = 0;
  #work = 0;
  #batch = 0;

  constructor(device: GPUDevice, options: RecorderOptions) {
    this.#device = device;
    this.#options = options;
    this.#pipelines = new PipelineCache(device);
    this.#maxPerDimension = device.limits.maxComputeWorkgroupsPerDimension;
    this.#paramsBuffer = device.createBuffer({
      label: "params",
      size: this.#params.byteLength,
      usage: 0x40 | 0x8, // uniform, copy destination
    });
    this.#paramsGroup = device.createBindGroup({
      label: "params",
      layout: this.#pipelines.paramsLayout,
      entries: [{
        binding: 0,
        resource: { buffer: this.#paramsBuffer, size: PARAMS_BYTES },
      }],
    });
  }

  /** Number of the batch that is being recorded. */
  get batch(): number {
    return this.#batch;
  }

  /** Records one dispatch, and submits the batch if it is full. */
  run(call: KernelCall): void {
    const { reads, writes, workgroups } = call;
    const compiled = this.#pipelines.get(
      call.variant,
      reads.length,
      writes.length,
    );
    const offset = this.#writeParams(call);
    const timestampWrites = this.timestamps?.(compiled.label);
    if (timestampWrites !== undefined) this.#closePass();
    const pass = this.#openPass(timestampWrites);
    if (compiled !== this.#current) {
      pass.setPipeline(compiled.pipeline);
      this.#current = compiled;
    }
    pass.setBindGroup(0, this.#bindGroup(compiled, reads, writes));
    pass.setBindGroup(1, this.#paramsGroup, [offset]);
    if (typeof workgroups === "number") {
      const y = Math.ceil(workgroups / this.#maxPerDimension);
      pass.dispatchWorkgroups(Math.ceil(workgroups / y), y);
    } else pass.dispatchWorkgroups(...workgroups);
    if (timestampWrites !== undefined) this.#closePass();
    for (const { storage } of reads) storage.lastBatch = this.#batch;
    for (const { storage } of writes) storage.lastBatch = this.#batch;
    this.#dispatches++;
    this.#work += call.work;
    if (
      this.#dispatches === MAX_DISPATCHES || this.#work > this.#options.maxWork
    ) this.flush();
  }

  /** Records a copy between buffers. */
  copy(from: GpuStorage, to: GPUBuffer, sizeBytes: number): void {
    this.#closePass();
    this.#encoder ??= this.#device.createCommandEncoder();
    this.#encoder.copyBufferToBuffer(from.buffer, 0, to, 0, sizeBytes);
    from.lastBatch = this.#batch;
  }

  /** Submits everything recorded so far. */
  flush(): void {
    this.#closePass();
    const encoder = this.#encoder;
    if (encoder !== undefined) {
      if (this.#dispatches > 0) {
        this.#device.queue.writeBuffer(
          this.#paramsBuffer,
          0,
          this.#params.buffer,
          0,
          this.#dispatches * PARAMS_BYTES,
        );
      }
      this.#device.queue.submit([encoder.finish()]);
    }
    this.#encoder = undefined;
    this.#dispatches = 0;
    this.#work = 0;
    this.#batch++;
    this.#options.onSubmit();
  }

  /** Forgets the bind groups, some of whose buffers are about to go. */
  forgetBindGroups(): void {
    this.#bindGroups.clear();
  }

  /** Frees the parameters. */
  destroy(): void {
    this.#bindGroups.clear();
    this.#paramsBuffer.destroy();
  }

  #openPass(
    timestampWrites?: GPUComputePassTimestampWrites,
  ): GPUComputePassEncoder {
    this.#encoder ??= this.#device.createCommandEncoder();
    this.#pass ??= this.#encoder.beginComputePass(
      timestampWrites === undefined ? {} : { timestampWrites },
    );
    return this.#pass;
  }

  #closePass(): void {
    this.#pass?.end();
    this.#pass = undefined;
    this.#current = undefined;
  }

  #writeParams({ variant, ints, floats = [] }: KernelCall): number {
    const start = this.#dispatches * PARAMS_BYTES;
    if ((ints.length + floats.length) * 4 > PARAMS_BYTES) {
      throw new RangeError(
        `Cannot run ${variant.name} as its parameters exceed ${PARAMS_BYTES} bytes`,
      );
    }
    let at = start;
    for (const value of ints) {
      this.#params.setUint32(at, value, true);
      at += 4;
    }
    for (const value of floats) {
      this.#params.setFloat32(at, value, true);
      at += 4;
    }
    return start;
  }

  #bindGroup(
    { layout, layoutKey, label }: Pipeline,
    reads: readonly Binding[],
    writes: readonly Binding[],
  ): GPUBindGroup {
    const bindings = [...reads, ...writes];
    let key = layoutKey;
    for (const { storage, offset, size } of bindings) {
      key += `,${storage.id}:${offset}:${size}`;
    }
    let group = this.#bindGroups.get(key);
    if (group === undefined) {
      if (this.#bindGroups.size >= MAX_BIND_GROUPS) this.#bindGroups.clear();
      group = this.#device.createBindGroup({
        label,
        layout,
        entries: bindings.map(({ storage, offset, size }, binding) => ({
          binding,
          resource: { buffer: storage.buffer, offset, size },
        })),
      });
      this.#bindGroups.set(key, group);
    }
    return group;
  }
}
