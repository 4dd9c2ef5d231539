import type { Size } from "@edit-transfer/image";
import { INK, mix } from "./colour.ts";
import {
  ARM,
  drawArm,
  drawLeg,
  drawThumb,
  onTrunk,
  sideOf,
} from "./draw_body.ts";
import { drawBackHair } from "./draw_hair.ts";
import { drawHead } from "./draw_head.ts";
import { ground, studio, things } from "./draw_scene.ts";
import { extentsOf } from "./extents.ts";
import { drawHips, drawTrunk } from "./draw_trunk.ts";
import type { State, Texture } from "./state.ts";
import { group, num, path, stroke } from "./svg.ts";

function texturePattern(texture: Texture, base: string, id: string): string {
  const { kind, colour, spacing: s } = texture;
  const half = s / 2;
  const marks = {
    striped: `<rect width="${num(s)}" height="${num(half)}" fill="${colour}"/>`,
    vertical: `<rect width="${num(half)}" height="${
      num(s)
    }" fill="${colour}"/>`,
    dotted: `<circle cx="${num(half)}" cy="${num(half)}" r="${
      num(s * 0.32)
    }" fill="${colour}"/>`,
    checked: `<rect width="${num(half)}" height="${
      num(half)
    }" fill="${colour}"/><rect x="${num(half)}" y="${num(half)}" width="${
      num(half)
    }" height="${num(half)}" fill="${colour}"/>`,
    camouflage: `<path d="${path`M0 ${s * 0.1}Q${s * 0.4} ${-s * 0.1} ${
      s * 0.55
    } ${s * 0.25}Q${s * 0.5} ${s * 0.6} ${s * 0.15} ${s * 0.5}ZM${s * 0.6} ${
      s * 0.6
    }Q${s * 1.05} ${s * 0.5} ${s * 0.95} ${s * 0.9}Q${s * 0.6} ${s} ${
      s * 0.45
    } ${s * 0.85}Z`}" fill="${colour}"/>`,
  }[kind];
  return `<pattern id="${id}" patternUnits="userSpaceOnUse" width="${
    num(s)
  }" height="${num(s)}"><rect width="${num(s)}" height="${
    num(s)
  }" fill="${base}"/>${marks}</pattern>`;
}

function clapMarks(state: State): string {
  if (!state.clap) return "";
  const arm = state.arms[0];
  const [x, y] = onTrunk(state, [0, -21.6]);
  const a = (degrees: number): number => degrees * Math.PI / 180;
  const hy = y +
    ARM *
      (Math.cos(a(arm.upper)) * (arm.upperLength ?? 1) +
        Math.cos(a(arm.lower)) * (arm.lowerLength ?? 1));
  const marks = [-1, 0, 1].map((i) =>
    path`M${x + i * 5} ${hy - 6 + Math.abs(i) * 2}L${x + i * 9.5} ${
      hy - 11.5 + Math.abs(i) * 3
    }`
  ).join("");
  return stroke(marks, { width: 3.6, colour: INK }) +
    stroke(marks, { width: 2, colour: "#fff6b0" });
}

function colourFilter(
  { kind, amount }: NonNullable<State["filter"]>,
  id: string,
): string {
  const type = kind === "hue" ? "hueRotate" : "saturate";
  return `<filter id="${id}" color-interpolation-filters="sRGB"><feColorMatrix type="${type}" values="${
    num(amount)
  }"/></filter>`;
}

/** Elements of a picture, in the units of the full-body panel. */
function elements(state: State, id: string): string {
  const side = sideOf(state);
  const shirt = state.texture === undefined ? state.look.top : `url(#${id})`;
  const sleeve = state.look.creature === "panda" ? state.look.hair : shirt;
  const farSleeve = sleeve.startsWith("#") && side !== 0
    ? mix(sleeve, INK, 0.3)
    : sleeve;
  const [hx, hy] = onTrunk(state, [0, -39.2 + state.head.drop * 6]);
  const tilt = state.lean * 0.5 + state.head.tilt;
  const place = `translate(${num(hx)} ${num(hy)}) rotate(${
    num(tilt)
  }) scale(1.15)`;
  const head = group(place, drawHead(state));
  const arms = side === 0
    ? drawArm(state, 0, sleeve) + drawArm(state, 1, sleeve)
    : drawArm(state, 1, sleeve);
  const front = state.armsInFront ? head + arms : arms + head;
  const wall = state.wallpaper === undefined
    ? state.look.background
    : `url(#w${id})`;
  return studio(state, wall) + things(state, false) + ground(state) +
    (side === 0 ? "" : drawArm(state, 0, farSleeve)) +
    group(place, drawBackHair(state)) +
    drawLeg(state, 0) + drawLeg(state, 1) + drawHips(state) +
    drawTrunk(state, shirt) + front + clapMarks(state) + drawThumb(state) +
    things(state, true);
}

/** What a picture is drawn as. */
export interface DrawOptions {
  /**
   * Width and height in pixels, 64 by default; where they differ, more of the
   * scene shows beside what the square has.
   */
  readonly size?: number | Size | undefined;
  /** Offset in a bigger drawing, in pixels. */
  readonly at?: { readonly x: number; readonly y: number } | undefined;
}

/**
 * Picture of a state as an SVG document.
 *
 * @param state What it shows.
 * @param options Size in pixels, and place in a bigger drawing.
 * @returns The text of an `svg` element, equal on every machine.
 *
 * @example Usage
 * ```ts
 * import { createRandom, draw, identity, neutralState } from "@edit-transfer/figures";
 * import assert from "node:assert/strict";
 *
 * const random = createRandom(["example"]);
 * const state = neutralState(identity("train", 0), { framing: "full", random });
 * assert.match(draw(state), /^<svg /);
 * ```
 */
export function draw(state: State, options: DrawOptions = {}): string {
  const { at = { x: 0, y: 0 } } = options;
  const { width, height } = extentsOf(options.size ?? 64);
  const { x, y, size: side } = state.camera;
  const unit = side / Math.min(width, height);
  const [w, h] = [width * unit, height * unit];
  const id = `t${at.x}-${at.y}`;
  const { texture, wallpaper, filter, look } = state;
  const parts = [
    texture && texturePattern(texture, look.top, id),
    wallpaper && texturePattern(wallpaper, look.background, `w${id}`),
    filter && colourFilter(filter, `f${id}`),
  ].filter((part) => part !== undefined);
  const defs = parts.length === 0 ? "" : `<defs>${parts.join("")}</defs>`;
  const through = filter === undefined ? "" : ` filter="url(#f${id})"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" x="${at.x}" y="${at.y}" width="${width}" height="${height}" viewBox="${
    num(x - w / 2)
  } ${num(y - h / 2)} ${num(w)} ${
    num(h)
  }" overflow="hidden">${defs}<g stroke-linecap="round" stroke-linejoin="round"${through}>${
    elements(state, id)
  }</g></svg>`;
}
