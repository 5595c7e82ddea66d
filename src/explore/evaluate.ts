import { estimatePoint, type Point, type PointWorkload, pointWorkload } from "../estimate/point.ts";
import { boardMemory, type MemoryTiming } from "../estimate/timing.ts";
import { planAccelerator } from "../plan/plan.ts";
import { UserError } from "../problem.ts";
import { refuseLanes } from "../spec/accelerator.ts";
import { acceleratorOf, isLeftOut, type Space } from "./space.ts";

/** What is known of a point of a space: its figures, or why it is none. */
export type PointRecord = { n: number; point: Point } | { n: number; refused: string } | { n: number; leftOut: true };

/** Gives the figures of a space's points; what many of them share is worked out once. */
export class Evaluator {
  private readonly workloads = new Map<string, PointWorkload>();
  private readonly memories = new Map<string, MemoryTiming>();

  /** Lengths of the model's rows, the shortest first. */
  private readonly lengths: number[];

  constructor(private readonly space: Space) {
    this.lengths = [...new Set(space.model.tensors.map(({ k }) => k))].sort((a, b) => a - b);
  }

  evaluate(n: number): PointRecord {
    if (isLeftOut(this.space, n)) return { n, leftOut: true };
    try {
      return { n, point: this.point(n) };
    } catch (error) {
      // Replay that finds no room, a format that the datapath does not take: such variants are not in the space.
      if (!(error instanceof UserError)) throw error;
      return { n, refused: error.problems[0].what };
    }
  }

  private point(n: number): Point {
    const accelerator = acceleratorOf(this.space, n);
    const { board, formats, lanes, maxK } = accelerator;
    const refused = refuseLanes(lanes, board);
    if (refused) throw new UserError([refused]);
    const plan = planAccelerator(accelerator);
    const names = formats.map(({ name }) => name);
    const longest = this.lengths.findLast((k) => k <= maxK); // of those that run
    const workload = remember(this.workloads, JSON.stringify([names, board.name, lanes, longest]), () =>
      pointWorkload(this.space.model, plan, this.space.library, this.space.context),
    );
    const memory = remember(this.memories, JSON.stringify([board.name, plan.clockMHz]), () =>
      boardMemory(board, plan.clockMHz),
    );
    return estimatePoint(plan, workload, memory);
  }
}

function remember<T>(known: Map<string, T>, key: string, make: () => T): T {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}
