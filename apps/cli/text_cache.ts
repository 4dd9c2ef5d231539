import type { TextCacheOptions } from "@edit-transfer/pipeline";
import { cacheFolder } from "@edit-transfer/files";
import { join } from "node:path";
import type { ModelFlags } from "./flags.ts";

/** Where text states are kept, unless the user wants none. */
export function textCacheOf(
  { textCache }: Pick<ModelFlags, "textCache">,
): TextCacheOptions | undefined {
  const folder = cacheFolder();
  return textCache === false || folder === undefined
    ? undefined
    : { folder: join(folder, "edit-transfer", "text") };
}
