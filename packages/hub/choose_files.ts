import type { HubFile } from "./blob_file.ts";
import { HubError } from "./hub_error.ts";
import type { HubRepo } from "./hub_fetch.ts";
import { selectFiles } from "./select_files.ts";

/** Files that were asked for, with safe names and hashes. */
export function chooseFiles(
  { repo, hubUrl }: HubRepo,
  entries: readonly {
    readonly type: string;
    readonly path: string;
    readonly size: number;
    readonly oid?: string;
    readonly lfs?: { readonly oid: string; readonly size: number };
  }[],
  include: readonly string[] | undefined,
): HubFile[] {
  const files = entries.filter(({ type }) => type === "file");
  const chosen = new Set(selectFiles(files.map(({ path }) => path), include));
  if (chosen.size === 0) {
    throw new HubError(
      `Cannot pull ${repo} as a file must fit ${
        (include ?? []).join(" ") || "the repository"
      }: got none of ${files.length} at ${hubUrl}/${repo}/tree/main`,
      { repo },
    );
  }
  return files.filter(({ path }) => chosen.has(path)).map((entry) => {
    const { path, oid, lfs } = entry;
    const hex = lfs?.oid ?? oid ?? "";
    const unsafe = path.split("/").some((part) =>
      part === "" || part === "." || part === ".." || /[\\:\0]/.test(part)
    );
    if (unsafe || !/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(hex)) {
      throw new HubError(
        `Cannot pull ${repo} as a file has a path within it and a hash: got ${
          JSON.stringify(path)
        } and ${JSON.stringify(hex)}`,
        { repo },
      );
    }
    const kind = lfs === undefined ? "git" : "sha256";
    return { path, size: lfs?.size ?? entry.size, hash: { kind, hex } };
  });
}
