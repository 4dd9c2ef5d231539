import { join } from "node:path";
import { type Environment, expanded, hubHome } from "./hub_environment.ts";
import { readSmall } from "./read_small.ts";

/** A token of the hub, and where it was found. */
export interface HubToken {
  /** The token. */
  readonly token: string;
  /** `"HF_TOKEN"`, or the path of a file. */
  readonly from: string;
}

/**
 * Finds the user's token where `huggingface_hub` looks for it: the variables
 * `HF_TOKEN` and `HUGGING_FACE_HUB_TOKEN`, then the file at `HF_TOKEN_PATH`, or
 * `token` in `HF_HOME`.
 *
 * Source: `get_token` in huggingface/huggingface_hub@v0.30.2,
 * `src/huggingface_hub/utils/_auth.py`.
 *
 * @param env Variables of the environment.
 * @returns The token; undefined if there is none.
 *
 * @example Usage
 * ```ts
 * import { findToken } from "@edit-transfer/hub";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(await findToken({ HF_TOKEN: " hf_x\n" }), {
 *   token: "hf_x",
 *   from: "HF_TOKEN",
 * });
 * ```
 */
export async function findToken(
  env: Environment,
): Promise<HubToken | undefined> {
  for (const from of ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"]) {
    const token = env[from]?.trim();
    if (token) return { token, from };
  }
  const from = env.HF_TOKEN_PATH
    ? expanded(env.HF_TOKEN_PATH, env)
    : join(hubHome(env), "token");
  const text = await readSmall(from);
  return text === "" ? undefined : { token: text, from };
}
