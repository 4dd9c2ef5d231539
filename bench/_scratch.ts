import { drawCases } from "@edit-transfer/evaluate";
import { gain, keep, win } from "@edit-transfer/metrics";
import { fitPicture, resize, giveBack } from "@edit-transfer/image";
import { loadModel } from "@edit-transfer/transfer";
const n = Number(Deno.args[0]);
await using model = await loadModel("models/micro", { device: "cpu", keepTextEncoders: true });
const S = { width: 96, height: 64 };
const cases = await drawCases({ split: "test", seed: 1, count: n, size: S });
const squares = await drawCases({ split: "test", seed: 1, count: n, size: 64 });
const want = Deno.args.slice(1);
const kinds: Record<string, (i: number) => Promise<any>> = {
  square: async (i) => (await model.edit({ ...squares[i]!, edit: squares[i]!.words }, { seed: i })).image,
  match: async (i) => (await model.edit({ ...cases[i]!, edit: cases[i]!.words }, { seed: i })).image,
  stretch: async (i) => {
    const p = { width: 80, height: 48 };
    const c = cases[i]!;
    const s = { before: await resize(c.before, p), after: await resize(c.after, p), query: await resize(c.query, p) };
    return await resize((await model.edit({ ...s, panel: p, edit: c.words }, { seed: i })).panel, S);
  },
  exact: async (i) => (await model.edit({ ...cases[i]!, panel: S, edit: cases[i]!.words }, { seed: i })).image,
  squareExample: async (i) => (await model.edit({ ...cases[i]!, before: squares[i]!.before, after: squares[i]!.after, edit: cases[i]!.words }, { seed: i })).image,
  squareExampleCrop: async (i) => { const p = {width:80,height:48}; return (await model.edit({ ...cases[i]!, before: await fitPicture(squares[i]!.before,p,"crop"), after: await fitPicture(squares[i]!.after,p,"crop"), edit: cases[i]!.words }, { seed: i })).image; },
};
for (const [name, run] of Object.entries(kinds)) {
  if (want.length && !want.includes(name)) continue;
  const t = performance.now();
  const own = name === "square" ? squares : cases;
  const g: any[] = [], k: any[] = [], w: any[] = [];
  for (let i = 0; i < n; i++) {
    const out = await run(i);
    g.push(await gain.score(out, own[i]!)); k.push(await keep.score(out, own[i]!)); w.push(await win.score(out, own[i]!));
  }
  console.log(name, n, "gain", gain.summarize(g).toFixed(3), "keep", keep.summarize(k).toFixed(1), "win", win.summarize(w).toFixed(2), ((performance.now() - t) / 1000).toFixed(0) + "s");
}
