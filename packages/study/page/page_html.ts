import { checksum } from "../checksum.ts";
import type { Study } from "../study_file.ts";
import css from "./page.css" with { type: "text" };
import html from "./page.html" with { type: "text" };
import script from "./page.js" with { type: "text" };

/** A task as the page knows it: without what it compares, and why. */
export interface PageTask {
  readonly id: string;
  readonly block: number;
  /** Files of the pictures, from the page. */
  readonly before: string;
  readonly after: string;
  readonly query: string;
  readonly left: string;
  readonly right: string;
}

/** The page of a study: one file, besides its pictures. */
export function pageHtml(
  { id, title, questions, tasks }:
    & Pick<Study, "id" | "title" | "questions">
    & { readonly tasks: readonly PageTask[] },
): string {
  const data = JSON.stringify({ study: id, title, questions, tasks });
  const parts: Readonly<Record<string, string>> = {
    style: `<style>${css}</style>`,
    data: `<script type="application/json" id="data">${
      data.replaceAll("<", "\\u003c")
    }</script>`,
    script: `<script type="module">${checksum}\n${script}</script>`,
  };
  return html.replace(/<!-- (\w+) -->/g, (all, name) => parts[name] ?? all);
}
