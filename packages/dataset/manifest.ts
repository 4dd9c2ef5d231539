/** Paths of the four pictures of a task. */
export interface PairPaths {
  /** Example before its edit: top left. */
  readonly before: string;
  /** Example after its edit: top right. */
  readonly after: string;
  /** Picture to edit: bottom left. */
  readonly query: string;
  /** The answer: bottom right. */
  readonly target: string;
}

/** One task to learn from; nothing of its pictures is read yet. */
export interface ManifestItem {
  /** Name for messages, e.g. `0018.png`, or the line of a `pairs.jsonl`. */
  readonly name: string;
  /** One four-panel picture, or four pictures. */
  readonly pictures:
    | { readonly composite: string }
    | { readonly pair: PairPaths };
  /** Caption of all four panels. */
  readonly caption: string;
}

/** Tasks of a data set in a fixed order. */
export interface Manifest {
  /** Folder or file it was read from. */
  readonly path: string;
  /** One at least. */
  readonly items: readonly ManifestItem[];
  /** What a user should know, e.g. a caption that was matched by its number. */
  readonly notices: readonly string[];
}

/** Options of `readManifest`. */
export interface ReadManifestOptions {
  /**
   * Extension of caption files, without the dot.
   *
   * @default {"txt"}
   */
  readonly captionExtension?: string | undefined;
  /**
   * Whether captions are cleaned as ai-toolkit does; see `cleanCaption`.
   *
   * @default {false}
   */
  readonly commas?: boolean | undefined;
  /**
   * Caption with `{edit}`, for lines that have an `edit` and no `caption`.
   *
   * @default {the reference's template}
   */
  readonly template?: string | undefined;
}
