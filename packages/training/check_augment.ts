import { ConfigError } from "./config_error.ts";
import type { TrainConfig } from "./train_config.ts";

const SIDES = /\b(left|right)(wards?|most)?\b/i;
const COLOURS =
  /\b(red|orange|yellow|green|blue|violet|purple|pink|brown|black|white|gr[ae]y|golden|silver|blond)\b/i;

/**
 * Refuses augmentation that would teach what is not so.
 *
 * @throws {ConfigError} Naming the key and the caption.
 */
export function checkAugment(
  { augment, panelMode, data }: Pick<
    TrainConfig,
    "augment" | "panelMode" | "data"
  >,
  captions: readonly string[],
): void {
  if (augment === undefined) return;
  const refuse = (key: string, rule: string) => {
    throw new ConfigError(`Cannot use augment.${key} as ${rule}`);
  };
  const named = (words: RegExp) => captions.find((one) => words.test(one));
  const side = augment.mirror > 0 ? named(SIDES) : undefined;
  if (side !== undefined) {
    refuse("mirror", `no caption may name a side: got "${side}"`);
  }
  const colour = augment.colours.probability > 0 ? named(COLOURS) : undefined;
  if (colour !== undefined) {
    refuse("colours", `no caption may name a colour: got "${colour}"`);
  }
  const { exchangeRows, exchangeRoles, pairings } = augment;
  if (panelMode === "joint" && exchangeRows + exchangeRoles + pairings > 0) {
    refuse(
      exchangeRows > 0
        ? "exchange_rows"
        : exchangeRoles > 0
        ? "exchange_roles"
        : "pairings",
      'panels must be encoded one by one: got panel_mode "joint"',
    );
  }
  if (pairings === 0) return;
  if (data.some(({ figures }) => figures !== undefined)) {
    refuse(
      "pairings",
      "composites of one caption must show one edit, and those of figures differ in how far it goes: got a data set of figures, whose identities are paired already",
    );
  }
  if (captions.some((caption) => caption.trim() === "")) {
    refuse(
      "pairings",
      "captions must tell which composites show one edit: got an empty one",
    );
  }
}
