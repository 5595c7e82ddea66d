import type { Point } from "../estimate/point.ts";
import { compareInOrder, paretoFront } from "../pareto.ts";
import type { PointRecord } from "./evaluate.ts";
import { type FigureName, figureOf } from "./figures.ts";
import { indicesOf, type Objective, type Space } from "./space.ts";

export interface Found {
  n: number;
  point: Point;
}

/** A value of a key in place of the winner's, all other keys as they are. */
export interface Step {
  value: unknown;
  isWinners: boolean;
  /** Absent where such a point is no variant, or is left out. */
  point?: Point;
  /** Why it is no variant. */
  refused?: string;
  /** Within board and bounds. */
  isAllowed: boolean;
}

export interface Sensitivity {
  key: string;
  steps: Step[];
}

export interface Findings {
  counts: {
    points: number;
    leftOut: number;
    refused: number;
    beyondBoard: number;
    beyondBounds: number;
    allowed: number;
  };
  /** Points that no other beats in all objectives, in the order of their numbers; of equal ones the first. */
  front: Found[];
  /** Of the front, by the objectives in their order; none where no point is allowed. */
  winner?: Found;
  sensitivity: Sensitivity[];
}

/** What a space's records say; the same for the same records in any order. */
export function judgeSpace(space: Space, records: readonly PointRecord[]): Findings {
  const sorted = records.toSorted((a, b) => a.n - b.n);
  const points = sorted.flatMap((record): Found[] => ("point" in record ? [record] : []));
  const onBoard = points.filter(({ point }) => point.fits);
  const allowed = onBoard.filter(({ point }) => isWithin(space, point));
  const costs = ({ point }: Found) => space.objectives.map((objective) => cost(objective, point));
  const front = paretoFront(allowed, costs);
  const winner = chooseWinner(space.objectives, front);
  return {
    counts: {
      points: space.size,
      leftOut: sorted.filter((record) => "leftOut" in record).length,
      refused: sorted.filter((record) => "refused" in record).length,
      beyondBoard: points.length - onBoard.length,
      beyondBounds: onBoard.length - allowed.length,
      allowed: allowed.length,
    },
    front,
    ...(winner && { winner }),
    sensitivity: winner ? sensitivityAt(space, records, winner) : [],
  };
}

function isWithin({ bounds }: Space, point: Point): boolean {
  return bounds.every(({ figure, least = -Infinity, most = Infinity }) => {
    const value = figureOf(point, figure);
    return value >= least && value <= most;
  });
}

/** The figure as something to make small. */
const cost = ({ figure, goal }: Objective, point: Point) => (goal === "most" ? -1 : 1) * figureOf(point, figure);

/** By each objective in turn those stay that are within its share of the best; then the best by the objectives in order. */
function chooseWinner(objectives: readonly Objective[], front: readonly Found[]): Found | undefined {
  let left = front;
  for (const objective of objectives) {
    const best = Math.min(...left.map(({ point }) => cost(objective, point)));
    const slack = (Math.abs(best) * objective.within) / 100;
    left = left.filter(({ point }) => cost(objective, point) <= best + slack);
  }
  const order = (found: Found) => objectives.toReversed().map((objective) => cost(objective, found.point));
  return left.toSorted((a, b) => compareInOrder(order(a), order(b)) || a.n - b.n).at(0);
}

function sensitivityAt(space: Space, records: readonly PointRecord[], winner: Found): Sensitivity[] {
  const byNumber = new Map(records.map((record) => [record.n, record]));
  const own = indicesOf(space, winner.n);
  let stride = space.size;
  return space.axes.map(({ key, values }, axis) => {
    stride /= values.length;
    const steps = values.map((value, index): Step => {
      const step = { value, isWinners: index === own[axis] };
      const record = byNumber.get(winner.n + (index - own[axis]) * stride);
      if (!record || "leftOut" in record) return { ...step, isAllowed: false };
      if ("refused" in record) return { ...step, isAllowed: false, refused: record.refused };
      const { point } = record;
      return { ...step, point, isAllowed: point.fits && isWithin(space, point) };
    });
    return { key, steps };
  });
}

/** Figures that a table of the space shows: its objectives and bounds. */
export function shownFigures({ objectives, bounds }: Pick<Space, "objectives" | "bounds">): FigureName[] {
  return [...new Set([...objectives, ...bounds].map(({ figure }) => figure))];
}
