import {
  keep,
  type Linear,
  type LowRankBranch,
  Tensor,
} from "@edit-transfer/tensor";
import type { LoraFile, LoraMatrix, LowRankUpdate } from "./lora_file.ts";

/** First values of a layer's branch, f32. */
export interface BranchValues {
  /** Path of the layer. */
  readonly path: string;
  /** The layer. */
  readonly layer: Linear;
  /** Rows of A and columns of B. */
  readonly rank: number;
  /** Elements of A, `[r, in]`. */
  readonly A: Float32Array;
  /** Elements of B, `[out, r]`. */
  readonly B: Float32Array;
  /** Strength; B A is multiplied by alpha / r. */
  readonly alpha: number;
}

/** A branch that is in use. */
interface Branch extends Pick<BranchValues, "path" | "layer" | "alpha"> {
  branch: LowRankBranch<Tensor>;
}

/**
 * A LoRA that is being trained, attached to its layers until it is disposed.
 *
 * Tensors never change, so a step of an optimiser makes new ones, and
 * {@linkcode TrainableLora.replace} puts them in place.
 */
export class TrainableLora implements Disposable {
  /** Names of the parameters: of each layer `<path>.lora_A.weight`, then B. */
  readonly names: readonly string[];
  readonly #branches: Branch[] = [];

  /**
   * Attaches branches; {@linkcode initLora} and {@linkcode resumeLora} call it.
   *
   * @param values First values of each branch.
   */
  constructor(values: readonly BranchValues[]) {
    this.names = values.flatMap(({ path }) => [
      `${path}.lora_A.weight`,
      `${path}.lora_B.weight`,
    ]);
    try {
      for (const { path, layer, rank, A, B, alpha } of values) {
        const { device, shape: [out, into] } = layer.weight;
        const a = Tensor.from(device, A, { shape: [rank, into!] });
        const b = Tensor.from(device, B, { shape: [out!, rank] });
        const branch = { A: keep(a), B: keep(b), scale: alpha / rank };
        layer.branches.push(branch);
        this.#branches.push({ path, layer, alpha, branch });
      }
    } catch (error) {
      this.dispose(); // out of memory half way
      throw error;
    }
  }

  /**
   * What is trained.
   *
   * @returns f32 tensors in the order of {@linkcode TrainableLora.names}, which
   * stay this object's.
   */
  parameters(): readonly Tensor[] {
    return this.#branches.flatMap(({ branch: { A, B } }) => [A, B]);
  }

  /**
   * Puts other values in place, as after a step of an optimiser.
   *
   * @param tensors New parameters, in the order of
   * {@linkcode TrainableLora.names}; they become this object's, and those they
   * replace are freed.
   *
   * @throws {RangeError} If number, shape or type differ; nothing is replaced.
   */
  replace(tensors: readonly Tensor[]): void {
    const old = this.parameters();
    if (tensors.length !== old.length) {
      throw new RangeError(
        `Cannot replace parameters as there are ${old.length}: got ${tensors.length}`,
      );
    }
    for (const [i, { shape, dtype }] of tensors.entries()) {
      const wanted = `f32 [${old[i]!.shape.join(", ")}]`;
      const got = `${dtype} [${shape.join(", ")}]`;
      if (got === wanted) continue;
      throw new RangeError(
        `Cannot replace parameter "${
          this.names[i]
        }" as it is ${wanted}: got ${got}`,
      );
    }
    for (const [i, entry] of this.#branches.entries()) {
      const { layer, branch: { scale } } = entry;
      const [A, B] = [keep(tensors[2 * i]!), keep(tensors[2 * i + 1]!)];
      const at = layer.branches.indexOf(entry.branch);
      entry.branch = { A, B, scale };
      if (at !== -1) layer.branches[at] = entry.branch;
    }
    const kept = new Set(tensors);
    for (const tensor of old) if (!kept.has(tensor)) tensor.dispose();
  }

  /**
   * Downloads the values, to be saved.
   *
   * @param tensors Tensors to take the values from, like those of
   * {@linkcode TrainableLora.parameters}: by default these, else e.g. an
   * average of them.
   * @returns Updates by the path of the layer, for {@linkcode saveLora}.
   *
   * @throws {RangeError} If the number of tensors differs.
   */
  async download(
    tensors: readonly Tensor[] = this.parameters(),
  ): Promise<Pick<LoraFile, "layers">> {
    if (tensors.length !== this.names.length) {
      throw new RangeError(
        `Cannot download parameters as there are ${this.names.length}: got ${tensors.length}`,
      );
    }
    const read = await Promise.all(tensors.map(matrix));
    const layers = new Map<string, LowRankUpdate>();
    for (const [i, { path, alpha, branch }] of this.#branches.entries()) {
      const [A, B] = [read[2 * i]!, read[2 * i + 1]!];
      const scaling = branch.scale;
      layers.set(path, { kind: "lowRank", A, B, alpha, scaling });
    }
    return { layers };
  }

  /** Takes the branches away and frees them; a second call does nothing. */
  dispose(): void {
    for (const { layer, branch } of this.#branches.splice(0)) {
      const at = layer.branches.indexOf(branch);
      if (at !== -1) layer.branches.splice(at, 1);
      branch.A.dispose();
      branch.B.dispose();
    }
  }

  /** Same as {@linkcode TrainableLora.dispose}, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

async function matrix(tensor: Tensor): Promise<LoraMatrix> {
  const [rows, columns] = tensor.shape as [number, number];
  const data = Float32Array.from(await tensor.data());
  return { dtype: "F32", shape: [rows, columns], data };
}
