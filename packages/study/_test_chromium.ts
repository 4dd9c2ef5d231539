import { existsSync } from "node:fs";
import process from "node:process";
import { type Browser, chromium } from "playwright-core";

const PATH = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
const isRequired = process.env.EDIT_TRANSFER_REQUIRE_CHROMIUM === "1";

/** Whether the test is left out, as there is no Chromium. */
const ignore = !isRequired && !existsSync(PATH);
const HINT = ignore ? " (no Chromium: bash .ci/install_chromium.sh)" : "";

/** A test in a real browser. */
export function testInChromium(
  name: string,
  run: (browser: Browser) => Promise<void>,
): void {
  Deno.test({
    name: `${name}${HINT}`,
    ignore,
    // the driver keeps timers and pipes of its own for a moment
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      const browser = await chromium.launch({
        executablePath: PATH,
        args: ["--no-sandbox"], // as root, on our own page
        timeout: 120_000, // on a machine that is busy
      });
      try {
        await run(browser);
      } finally {
        await browser.close();
      }
    },
  });
}
