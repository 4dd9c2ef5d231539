import type { Quad } from "@edit-transfer/composite";
import {
  checkPair,
  decodeImage,
  type Fit,
  fitPicture,
  type Image,
  matchSize,
  readImageSize,
  type Size,
} from "@edit-transfer/image";
import { hashFile } from "@edit-transfer/files";
import { DatasetError } from "./dataset_error.ts";
import type { Manifest, ManifestItem } from "./manifest.ts";
import {
  checkComposite,
  type SeamMode,
  splitComposite,
} from "./split_composite.ts";
import { type SeamSurvey, surveySeams } from "./survey_seams.ts";

/** A task whose pictures are known to be sound. */
export interface PreparedItem {
  /** Caption in full. */
  readonly caption: string;
  /** Share of draws without it. */
  readonly captionDropout: number;
  /** SHA-256 of its pictures' files. */
  readonly content: string;
  /** Extents of its panels in pixels. */
  readonly panel: Size;
  /** How each of its files becomes panels; encodings are kept under it. */
  readonly transforms: readonly string[];
}

/** Hashes and sizes of picture files, each read once. */
export class FileFacts {
  readonly #hashes = new Map<string, string>();
  readonly #sizes = new Map<string, Size>();

  /** SHA-256: 64 hexadecimal digits. */
  hash(path: string): Promise<string> {
    return known(this.#hashes, path, hashFile);
  }

  /** Extents as seen. */
  size(path: string): Promise<Size> {
    return known(this.#sizes, path, readImageSize);
  }
}

async function known<Fact>(
  facts: Map<string, Fact>,
  path: string,
  read: (path: string) => Promise<Fact>,
): Promise<Fact> {
  const found = facts.get(path);
  if (found !== undefined) return found;
  const fact = await read(path);
  facts.set(path, fact);
  return fact;
}

/** Names of the cuts, under which encodings are kept: a cut that changes gets another. */
const SEAMS = {
  centre: "centre",
  detect: "detect, bars and lines off",
} as const;

/** An item of a manifest and its place there. */
export class DatasetTask {
  readonly #item: ManifestItem;
  #fit: Fit = "crop";
  readonly #place: {
    readonly manifest: Manifest;
    readonly index: number;
    readonly seams: SeamMode;
    readonly captionDropout: number;
    readonly onNotice: (notice: string) => void;
  };

  constructor(
    item: ManifestItem,
    place: {
      manifest: Manifest;
      index: number;
      seams: SeamMode;
      captionDropout: number;
      /** Called with what a picture file holds and the panels do not show. */
      onNotice: (notice: string) => void;
    },
  ) {
    this.#item = item;
    this.#place = place;
  }

  /** Its picture files: one composite, or the four panels. */
  get paths(): readonly string[] {
    const { pictures } = this.#item;
    if ("composite" in pictures) return [pictures.composite];
    const { before, after, query, target } = pictures.pair;
    return [before, after, query, target];
  }

  /** Its name in messages. */
  get name(): string {
    return this.#item.name;
  }

  /** Whether its panels are cut where their seams are found. */
  get hasSeams(): boolean {
    return this.paths.length === 1 && this.#place.seams === "detect";
  }

  /** What is seen where its panels meet. */
  survey(): Promise<SeamSurvey> {
    return this.named(async () => await surveySeams(await this.#decode(0)));
  }

  /** Its caption, the hashes of its files, whose shapes are checked, and that of its panels. */
  prepared(
    facts: FileFacts,
    { panelSize: side, multiple }: {
      readonly panelSize: number;
      readonly multiple?: number | undefined;
    },
  ): Promise<PreparedItem> {
    return this.named(async () => {
      await this.#checkShapes(facts);
      const hashes = await Promise.all(
        this.paths.map((path) => facts.hash(path)),
      );
      const sizes = await Promise.all(
        this.paths.map((path) => facts.size(path)),
      );
      const shown = sizes[2] ?? sizes[0]!; // the query, or the composite
      const panel = multiple === undefined
        ? { width: side, height: side }
        : matchSize(shown, { side, multiple });
      this.#fit = multiple === undefined ? "crop" : "match";
      return {
        caption: this.#item.caption,
        captionDropout: this.#place.captionDropout,
        content: hashes.join(" "),
        panel,
        transforms: sizes.map((size) => this.#transformOf(size, panel)),
      };
    });
  }

  /** How composites are cut. */
  get cut(): string {
    return `composite ${SEAMS[this.#place.seams]}`;
  }

  /** How a file of a size becomes panels. */
  #transformOf(size: Size, panel: Size): string {
    const isSquare = panel.width === panel.height;
    const extents = isSquare ? panel.width : `${panel.width}x${panel.height}`;
    if (this.paths.length === 1) {
      return `${this.cut} ${extents}`;
    }
    const isWhole = isSquare && size.width === size.height;
    return `pair ${isWhole ? "crop" : this.#fit} ${extents}`; // a square is whole either way
  }

  /** All panels, `[size.height, size.width, 3]` each. */
  async panels(size: Size): Promise<Quad<Image>> {
    if (this.paths.length === 1) {
      return await this.named(async () =>
        await splitComposite(await this.#decode(0), {
          size,
          seams: this.#place.seams,
        })
      );
    }
    return [
      await this.panel(0, size),
      await this.panel(1, size),
      await this.panel(2, size),
      await this.panel(3, size),
    ];
  }

  /** The panel that is a file of its own, `[size.height, size.width, 3]`. */
  panel(index: number, size: Size): Promise<Image> {
    return this.named(async () =>
      await fitPicture(await this.#decode(index), size, this.#fit)
    );
  }

  #decode(index: number): Promise<Image> {
    const { onNotice } = this.#place;
    return decodeImage(this.paths[index]!, { onNotice });
  }

  /** Refuses composites that have no panels, and pairs whose squares would show different places. */
  async #checkShapes(facts: FileFacts): Promise<void> {
    const { pictures } = this.#item;
    if ("composite" in pictures) {
      return checkComposite(await facts.size(pictures.composite));
    }
    const { before, after, query, target } = pictures.pair;
    const named = async (name: string, path: string) =>
      [`${name} "${path}"`, await facts.size(path)] as const;
    checkPair(await named("before", before), await named("after", after));
    checkPair(await named("query", query), await named("target", target));
  }

  /** Runs `body`; an error of it says which item it is about. */
  async named<T>(body: () => Promise<T>): Promise<T> {
    try {
      return await body();
    } catch (cause) {
      if (cause instanceof DatasetError || !(cause instanceof Error)) {
        throw cause;
      }
      const { manifest: { items, path }, index } = this.#place;
      throw new DatasetError(
        `Cannot use item ${
          index + 1
        } of ${items.length}, ${this.#item.name}, of data set "${path}": ${cause.message}`,
        { path, index, cause },
      );
    }
  }
}
