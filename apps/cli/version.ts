import config from "./deno.json" with { type: "json" };

/** Version of the program. */
export const VERSION: string = config.version;

/** Name and version, as records keep them. */
export const PROGRAM: string = `edit-transfer ${VERSION}`;
