import type { Process } from "./config_schema.ts";

/** What of the file is mapped to something else or ignored. */
export function configNotices(process: Process): string[] {
  const { train, model, sample, network, datasets, device } = process;
  const notices: string[] = [];
  const note = (applies: boolean, text: string) => {
    if (applies) notices.push(text);
  };
  note(
    device.startsWith("cuda"),
    `device ${device}: the device is chosen automatically`,
  );
  note(
    train.optimizer === "adamw8bit",
    "train.optimizer adamw8bit: AdamW with f32 state",
  );
  note(
    !/32$/.test(train.dtype),
    `train.dtype ${train.dtype}: training computes in f32`,
  );
  note(
    model.quantize,
    "model.quantize: the base model is used as it is stored; convert --quantize 8 makes one in blocks",
  );
  note(
    network.linear_alpha !== undefined &&
      network.linear_alpha !== network.linear,
    `network.linear_alpha ${network.linear_alpha}: used, the LoRA is scaled by ${
      (network.linear_alpha ?? 0) / (network.linear ?? 1)
    }; ai-toolkit ignores it for FLUX`,
  );
  note(
    datasets.some((one) => !one.cache_latents_to_disk),
    "datasets.cache_latents_to_disk false: latents are always cached",
  );
  note(
    sample.prompts !== undefined && sample.image === undefined,
    "sample.prompts: not used without sample.image, samples are edits of the validation tasks",
  );
  note(
    sample.width !== undefined || sample.height !== undefined,
    "sample.width, sample.height: samples have the size of the training panels",
  );
  note(
    process.performance_log_every !== undefined,
    "performance_log_every: every step's time is in the log",
  );
  return notices;
}
