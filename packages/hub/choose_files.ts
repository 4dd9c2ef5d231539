import { HubError, quoted } from "./hub_error.ts";
import type { ListedFile } from "./hub_listing.ts";
import type { HubRepo } from "./hub_repo.ts";
import { findClash, isSafePath } from "./safe_path.ts";
import { selectFiles } from "./select_files.ts";

/** Files that were asked for, with names that can be files. */
export function chooseFiles(
  { repo, hubUrl }: Pick<HubRepo, "repo" | "hubUrl">,
  files: readonly ListedFile[],
  include: readonly string[] | undefined,
): ListedFile[] {
  const paths = selectFiles(files.map(({ path }) => path), include);
  if (paths.length === 0) {
    throw new HubError(
      `Cannot pull ${repo} as a file must fit ${
        (include ?? []).join(" ") || "the repository"
      }: got none of ${files.length} at ${hubUrl}/${repo}/tree/main`,
      { repo },
    );
  }
  const unsafe = paths.find((path) => !isSafePath(path));
  if (unsafe !== undefined) {
    throw new HubError(
      `Cannot pull ${repo} as a file has a path within it, of printable text: got ${
        quoted(unsafe)
      }`,
      { repo },
    );
  }
  const clash = findClash(paths);
  if (clash !== undefined) {
    throw new HubError(
      `Cannot pull ${repo} as its files have different places: got ${
        quoted(clash[0])
      } and ${quoted(clash[1])}`,
      { repo },
    );
  }
  const chosen = new Set(paths);
  return files.filter(({ path }) => chosen.has(path));
}
