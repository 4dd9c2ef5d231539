import type { Manifest, ManifestItem } from "@edit-transfer/dataset";
import { hashText } from "@edit-transfer/files";

/** Data sets of which some tasks are kept from training. */
export interface HeldOut {
  /** The data sets without them. */
  readonly rest: readonly Manifest[];
  /** They alone, data set by data set. */
  readonly held: readonly Manifest[];
}

/** Tasks that share pictures, which are all learned from or all held out. */
interface Group {
  readonly items: ManifestItem[];
  readonly hash: string;
}

/**
 * Holds out a share of the tasks, `most` at most. Tasks that share a picture stay
 * together; those go first whose captions are learned from in other tasks. Which
 * tasks these are follows from their names.
 */
export function holdOut(
  manifests: readonly Manifest[],
  { share, most }: { readonly share: number; readonly most: number },
): HeldOut {
  const all = manifests.flatMap(({ items }) => items);
  let room = Math.min(most, Math.floor(share * all.length));
  const left = new Map<string, number>(); // groups with each caption
  const groups = groupsOf(all);
  const captionsOf = ({ items }: Group) =>
    new Set(items.map(({ caption }) => caption));
  for (const group of groups) {
    for (const caption of captionsOf(group)) {
      left.set(caption, (left.get(caption) ?? 0) + 1);
    }
  }
  const held = new Set<ManifestItem>();
  for (const mustBeKnown of [true, false]) {
    for (const group of groups) {
      const captions = [...captionsOf(group)];
      if (group.items.length > room || held.has(group.items[0]!)) continue;
      if (mustBeKnown && captions.some((one) => left.get(one)! < 2)) continue;
      for (const one of captions) left.set(one, left.get(one)! - 1);
      for (const item of group.items) held.add(item);
      room -= group.items.length;
    }
  }
  const only = (wanted: boolean) =>
    manifests.map((one) => ({
      ...one,
      items: one.items.filter((item) => held.has(item) === wanted),
    }));
  return { rest: only(false), held: only(true) };
}

/** Groups of tasks that share pictures, in an order that follows from their names. */
function groupsOf(items: readonly ManifestItem[]): Group[] {
  const groups = new Map<string, ManifestItem[]>(); // by picture
  for (const item of items) {
    const pictures = picturesOf(item);
    const merged = [item];
    for (const same of new Set(pictures.map((one) => groups.get(one)))) {
      if (same !== undefined) merged.push(...same);
    }
    for (const one of merged) {
      for (const path of picturesOf(one)) groups.set(path, merged);
    }
  }
  return [...new Set(groups.values())].map((items) => ({
    items,
    hash: hashText(items.map(({ name }) => name).sort().join("\n")),
  })).sort((a, b) => a.hash < b.hash ? -1 : 1);
}

/** Paths of the pictures of a task. */
export function picturesOf({ pictures }: ManifestItem): string[] {
  return "composite" in pictures
    ? [pictures.composite]
    : Object.values(pictures.pair);
}
