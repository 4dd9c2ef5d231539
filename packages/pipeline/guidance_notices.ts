import type { FluxConfig } from "@edit-transfer/dit";

/** Says so if a guidance scale was asked for that the model cannot use. */
export function guidanceNotices(
  { guidanceEmbeds }: Pick<FluxConfig, "guidanceEmbeds">,
  guidance: number | undefined,
): readonly string[] {
  if (guidanceEmbeds || guidance === undefined) return [];
  return [
    `Guidance ${guidance} is ignored as the model does not embed a guidance scale`,
  ];
}
