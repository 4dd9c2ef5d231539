import { loraPart } from "@edit-transfer/lora";
import { createHash } from "node:crypto";
import type { OpenedLora } from "./open_loras.ts";

/**
 * SHA-256 over what LoRAs make of the text encoders: all values and factors of
 * their updates there; `""` if there are none.
 */
export function loraIdentity(loras: readonly OpenedLora[]): string {
  const hash = createHash("sha256");
  let some = false;
  for (const lora of loras) {
    for (const part of ["text_encoder", "text_encoder_2"] as const) {
      for (const [path, update] of loraPart(lora, part).layers) {
        if (lora.scale === 0) continue;
        some = true;
        hash.update(JSON.stringify([part, path, lora.scale]));
        addValues(hash, update);
      }
    }
  }
  return some ? hash.digest("hex") : "";
}

/** Hashes a value of any depth: arrays of numbers by their bytes. */
function addValues(hash: ReturnType<typeof createHash>, value: unknown): void {
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteOffset, byteLength } = value;
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  } else if (typeof value === "object" && value !== null) {
    for (const [name, part] of Object.entries(value)) {
      hash.update(`${name}:`);
      addValues(hash, part);
    }
  } else hash.update(`${JSON.stringify(value)};`);
}
