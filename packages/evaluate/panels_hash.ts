import type { Image } from "@edit-transfer/image";
import { createHash } from "node:crypto";
import type { Case } from "./case.ts";

/** SHA-256 of all pictures of a case, and of further ones. */
export function panelsHash(one: Case, ...others: readonly Image[]): string {
  const { before, after, query, answer } = one;
  const hash = createHash("sha256");
  for (const panel of [before, after, query, answer, ...others]) {
    hash.update(`${panel?.width}×${panel?.height}`);
    if (panel !== undefined) hash.update(panel.data);
  }
  return hash.digest("hex");
}
