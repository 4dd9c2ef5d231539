import type { LoraTrainer } from "./lora_trainer.ts";

/** The model as the loop sees it: all that touches a device is behind this. */
export type Trainer =
  & Pick<
    LoraTrainer,
    | "parameters"
    | "accumulate"
    | "gradientNorm"
    | "update"
    | "discard"
    | "loss"
    | "sample"
    | "read"
    | "write"
  >
  & AsyncDisposable;

/** A matrix that is trained, by name and extents. */
export type TrainerParameter = Trainer["parameters"][number];
