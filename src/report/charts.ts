import type { TopLevelSpec } from "vega-lite";
import { drawChart } from "../chart.ts";
import type { MatmulCycles } from "../estimate/cycles.ts";
import type { ListFigures, Performance } from "../estimate/performance.ts";
import { type FigureName, figureOf } from "../explore/figures.ts";
import type { Found } from "../explore/front.ts";
import type { Plan } from "../plan/plan.ts";
import { published } from "./published.ts";

const base = {
  $schema: "https://vega.github.io/schema/vega-lite/v6.json",
  background: "white",
  config: { axis: { labelFontSize: 12, titleFontSize: 12 }, legend: { labelFontSize: 12, titleFontSize: 12 } },
} as const;

const whose = (domain: string[], range: string[]) => ({
  ...{ field: "who", scale: { domain, range } },
  legend: { orient: "bottom" as const, title: null },
});

/** Products a second against products a byte of weights: the board's memory and the multipliers bound both. */
export function drawRoofline(variants: readonly { plan: Plan; found: Performance }[]): Promise<string> {
  const rate = (bytes: number, seconds: number) => bytes / seconds / 1e9;
  const points = variants.flatMap(({ plan, found }, order) =>
    (["token", "prompt"] as const).map((pass) => {
      const { usefulBytes, multiplierBusy, cycles } = found[pass];
      const seconds = cycles / (plan.clockMHz * 1e6);
      const macs = multiplierBusy * cycles * plan.multipliers;
      return { order, name: `${plan.name}, ${pass}`, x: macs / usefulBytes, y: rate(macs, seconds) };
    }),
  );
  const [{ plan, found }] = variants;
  const compute = (plan.multipliers * plan.clockMHz) / 1000;
  const memory = found.readerGigabytesPerSecond;
  const knee = compute / memory;
  const roof = [0.5, knee, Math.max(4 * knee, ...points.map(({ x }) => 2 * x))].map((x) => ({
    x,
    y: Math.min(compute, x * memory),
  }));
  const position = {
    x: { field: "x", type: "quantitative", scale: { type: "log" }, title: "products a byte of weights" },
    y: { field: "y", type: "quantitative", scale: { type: "log" }, title: "10⁹ products a second" },
  } as const;
  const spec: TopLevelSpec = {
    ...base,
    width: 420,
    height: 280,
    title: `Roofline: ${memory.toFixed(1)} GB/s, ${plan.multipliers} multipliers at ${plan.clockMHz} MHz`,
    layer: [
      { data: { values: roof }, mark: { type: "line", color: "#888" }, encoding: position },
      {
        data: { values: points },
        mark: { type: "point", filled: true, size: 70, opacity: 1, color: "#d9480f" },
        encoding: position,
      },
      // The other variant's name on the other side of its point.
      ...[16, -14].map((dy, order) => ({
        data: { values: points.filter((point) => point.order === order) },
        mark: { type: "text" as const, dy },
        encoding: { ...position, text: { field: "name" } },
      })),
    ],
  };
  return drawChart(spec);
}

const causes = ["gap", "stream", "memory", "compute"] as const;

/** Cycles by cause for each MatMul of a list of each kind. */
export function drawCycles(title: string, lists: readonly ListFigures[]): Promise<string> {
  const values = lists.flatMap(({ name, detail }, list) =>
    (detail.matmuls as MatmulCycles[]).flatMap((matmul, order) =>
      causes.map((cause) => ({
        matmul: `${list + 1} ${name}: ${matmul.name}`,
        order: 100 * list + order,
        cause,
        cycles: matmul[cause],
      })),
    ),
  );
  const spec: TopLevelSpec = {
    ...base,
    width: 420,
    height: { step: 16 },
    title,
    data: { values },
    mark: "bar",
    encoding: {
      y: { field: "matmul", type: "nominal", title: null, sort: { field: "order" }, axis: { labelLimit: 260 } },
      x: { field: "cycles", type: "quantitative", title: "cycles", axis: { tickCount: 5, format: "~s" } },
      color: {
        field: "cause",
        sort: [...causes],
        scale: { domain: [...causes], range: ["#b0b7bf", "#2b6cb0", "#d9480f", "#e8a33d"] },
        legend: { orient: "bottom", title: null },
      },
    },
  };
  return drawChart(spec);
}

/** Tokens a second beside what others publish; models differ, so each has its own beside it. */
export function drawSpeeds(own: readonly { name: string; tokensPerSecond: number }[]): Promise<string> {
  const values = [
    ...own.map((one) => ({ ...one, who: "bfq, derived" })),
    ...published.map(({ system, model, tokensPerSecond }) => ({
      ...{ name: `${system}: ${model}`, tokensPerSecond, who: "published" },
    })),
  ];
  const position = {
    y: { field: "name", type: "nominal", title: null, sort: values.map(({ name }) => name), axis: { labelLimit: 420 } },
    x: { field: "tokensPerSecond", type: "quantitative", title: "tokens a second" },
  } as const;
  const color = whose(["bfq, derived", "published"], ["#2b6cb0", "#b0b7bf"]);
  return drawChart({
    ...base,
    width: 360,
    height: { step: 20 },
    title: "Tokens a second, batch 1; each of its own model",
    data: { values },
    layer: [
      { mark: "bar", encoding: { ...position, color } },
      {
        mark: { type: "text", align: "left", dx: 4 },
        encoding: { ...position, text: { field: "tokensPerSecond", format: ".1f" } },
      },
    ],
  });
}

/** An exploration's front by two of its objectives. */
export function drawFront(
  front: readonly Found[],
  winner: number | undefined,
  [x, y]: readonly FigureName[],
): Promise<string> {
  const values = front.map(({ n, point }) => ({
    n,
    x: figureOf(point, x),
    y: figureOf(point, y),
    who: n === winner ? "winner" : "front",
  }));
  const position = {
    x: { field: "x", type: "quantitative", title: x, scale: { zero: false, padding: 15 } },
    y: { field: "y", type: "quantitative", title: y, scale: { zero: false, padding: 15 } },
  } as const;
  const color = whose(["front", "winner"], ["#2b6cb0", "#d9480f"]);
  return drawChart({
    ...base,
    width: 420,
    height: 280,
    title: "Front of the exploration",
    data: { values },
    layer: [
      { mark: { type: "point", filled: true, size: 70, opacity: 1 }, encoding: { ...position, color } },
      { mark: { type: "text", dy: -10 }, encoding: { ...position, text: { field: "n" } } },
    ],
  });
}
