import process from "node:process";
export async function doctor(_flags: { readonly json?: true }): Promise<void> {
  await Promise.resolve();
  process.stdout.write("doctor\n");
}
