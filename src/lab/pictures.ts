import type { TopLevelSpec } from "vega-lite";
import { drawChart } from "../chart.ts";
import type { LabRow } from "./lab.ts";

/** Beyond so many points only those on the front and the user's own have their names beside them. */
const mostNames = 12;

interface Picture {
  title: string;
  x: string;
  /** Undefined where the format has no such figure. */
  at: (row: LabRow) => number | undefined;
  isBest: (row: LabRow) => boolean;
}

const pictures = {
  "kl-bits": {
    title: "KL divergence against size",
    x: "bits a weight, stored",
    at: ({ bits }) => bits,
    isBest: ({ bestForBits }) => bestForBits,
  },
  "kl-speed": {
    title: "KL divergence against speed",
    x: "tokens a second",
    at: ({ hardware }) => (hardware?.fits ? hardware.tokensPerSecond : undefined),
    isBest: ({ bestForSpeed }) => bestForSpeed,
  },
} satisfies Record<string, Picture>;

export type PictureName = keyof typeof pictures;
export const pictureNames = Object.keys(pictures) as PictureName[];

/** The pictures of a lab as SVG: KL divergence with its error against bits and against tok/s, Pareto's front as a line. */
export async function drawPictures(rows: readonly LabRow[]): Promise<Record<PictureName, string>> {
  const drawn = await Promise.all(
    Object.entries(pictures).map(async ([name, picture]) => [name, await drawChart(specOf(picture, rows))]),
  );
  return Object.fromEntries(drawn);
}

function specOf({ title, x, at, isBest }: Picture, rows: readonly LabRow[]): TopLevelSpec {
  const values = rows.flatMap((row) => {
    const value = at(row);
    if (value === undefined || !row.accuracy) return [];
    const { mean, error } = row.accuracy.kl;
    const kind = row.isOwn ? "yours" : "bfq's";
    // A logarithm has no place for zero.
    const low = Math.max(mean - error, mean / 10);
    return [{ name: row.format, x: value, kl: mean, low, high: mean + error, kind, isBest: isBest(row) }];
  });
  const isNamed = `${values.length <= mostNames} || datum.isBest || datum.kind === 'yours'`;
  const position = {
    x: {
      field: "x",
      type: "quantitative",
      title: x,
      scale: { zero: false, padding: 20 },
      axis: { tickCount: 8, format: "~g" },
    },
    y: {
      field: "kl",
      type: "quantitative",
      title: "KL divergence, nats a token",
      scale: { type: "log", nice: false, padding: 20 },
    },
  } as const;
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    title,
    width: 400,
    height: 300,
    background: "white",
    data: { values },
    layer: [
      {
        transform: [{ filter: "datum.isBest" }],
        mark: { type: "line", color: "#999", strokeDash: [4, 3] },
        encoding: position,
      },
      {
        mark: { type: "rule", color: "#888" },
        encoding: { x: position.x, y: { ...position.y, field: "low" }, y2: { field: "high" } },
      },
      {
        mark: { type: "point", filled: true, size: 60, opacity: 1 },
        encoding: {
          ...position,
          color: {
            field: "kind",
            scale: { domain: ["bfq's", "yours"], range: ["#2b6cb0", "#d9480f"] },
            title: null,
            legend: { orient: "bottom" },
          },
        },
      },
      {
        transform: [{ filter: isNamed }],
        mark: { type: "text", align: "left", dx: 7, dy: -6 },
        encoding: { ...position, text: { field: "name" } },
      },
    ],
  };
}
