import type { Tensor } from "@edit-transfer/tensor";
import { forwardThrough, type Layer } from "./layer.ts";

/** Called with the output of each stage, which is freed afterwards. */
export type StageHook = (name: string, image: Tensor) => void;

/** Layers under a name of the checkpoint, e.g. `down_blocks.0`. */
export class Stage implements Layer {
  constructor(readonly name: string, readonly layers: readonly Layer[]) {}

  forward(x: Tensor): Tensor {
    return forwardThrough(this.layers, x);
  }
}

/** Stages that each report to a hook. */
export function withHook(
  stages: readonly Stage[],
  hook: StageHook | undefined,
): readonly Layer[] {
  if (hook === undefined) return stages;
  return stages.map((stage) => ({
    forward(x: Tensor): Tensor {
      const y = stage.forward(x);
      hook(stage.name, y);
      return y;
    },
  }));
}
