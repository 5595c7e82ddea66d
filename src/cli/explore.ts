import type { Argv } from "yargs";
import type { Confirm } from "../explore/confirm.ts";
import { type Exploration, explore, type RunPoints } from "../explore/explore.ts";
import { type FigureName, figureOf } from "../explore/figures.ts";
import { type Findings, type Found, shownFigures } from "../explore/front.ts";
import { explorePart } from "../explore/parts.ts";
import { slurmExecutor } from "../explore/slurm.ts";
import { readSpace, type Space, valuesOf } from "../explore/space.ts";
import { quote } from "../printable.ts";
import { userError } from "../problem.ts";
import { forceDescription } from "./generate.ts";
import { type CommonOptions, type Outcome, report, table } from "./outcome.ts";
import { noBoard } from "./performance.ts";
import { withProgress } from "./progress.ts";
import { positiveInteger } from "./variant-options.ts";

interface Options extends CommonOptions {
  space: string;
  out?: string | undefined;
  executor: "local" | "slurm";
  tasks: number;
  part?: string | undefined;
  yosys: boolean;
  rtl: boolean;
  force: boolean;
}

export const command = "explore <space>";
export const describe =
  "the best accelerators for a model: every point of a space estimated, the front, a winner as a spec";

export const builder = (yargs: Argv) =>
  yargs
    .positional("space", { type: "string", demandOption: true, describe: "a file of specs/spaces" })
    .option("out", {
      alias: "o",
      type: "string",
      describe: "folder of journal, front and winner (default explored/NAME); a run that ended goes on from there",
    })
    .option("executor", {
      choices: ["local", "slurm"] as const,
      default: "local" as const,
      describe: "all cores of this machine, or a Slurm job array; its nodes must have the folder",
    })
    .option("tasks", { type: "number", default: 16, describe: "with --executor slurm: tasks of the array" })
    .option("part", {
      type: "string",
      requiresArg: true,
      describe:
        "I/N: evaluate every N'th point from I on into the folder, for another run to take in (other schedulers)",
    })
    .option("yosys", {
      type: "boolean",
      default: false,
      describe: "synthesise each point of the front; about a minute each",
    })
    .option("rtl", {
      type: "boolean",
      default: false,
      describe: "run a token and a prompt of the model on the simulated RTL of each point of the front; minutes each",
    })
    .option("force", { type: "boolean", default: false, describe: forceDescription });

export const handler = (options: Options) =>
  report(options, async () => {
    const space = await readSpace(options.space);
    const out = options.out ?? `explored/${space.name}`;
    if (options.part !== undefined) return runPart(space, out, options.part);
    const confirm: Confirm[] = [...(options.yosys ? ["yosys" as const] : []), ...(options.rtl ? ["rtl" as const] : [])];
    const found = await withProgress(options, `exploring ${space.name}`, (say) =>
      explore(space, { out, confirm, force: options.force, say, ...executor(options, out, say) }),
    );
    const { winner, confirmations, ...rest } = found;
    const json = {
      ...{ space: space.name, model: space.model.name, mix: space.model.mix, note: noBoard, ...rest },
      front: rest.front.map((one) => ({ ...one, values: valuesOf(space, one.n) })),
      ...(winner && { winner: { ...winner, values: valuesOf(space, winner.n) } }),
      confirmations,
    };
    return { ok: winner !== undefined, json, text: describeExploration(space, found) };
  });

function executor({ executor, tasks }: Options, out: string, say: (line: string) => void): { run?: RunPoints } {
  if (executor === "local") return {};
  return { run: slurmExecutor({ out, tasks: positiveInteger("tasks", tasks, 10_000), say }) };
}

async function runPart(space: Space, out: string, text: string): Promise<Outcome> {
  const [, part, of] = (/^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? []).map(Number);
  if (part === undefined || part >= of) {
    throw userError("usage", `--part is ${quote(text)}; it must be I/N, with I from 0 to N - 1`);
  }
  const evaluated = await explorePart(space, out, { part, of });
  return { ok: true, json: { space: space.name, part, of, evaluated }, text: `part ${text}: ${evaluated} points` };
}

function describeExploration(space: Space, found: Exploration): string {
  const { counts, front, winner, evaluated, seconds, files } = found;
  const rate = evaluated > 0 ? `, ${(evaluated / seconds).toFixed(0)} a second` : "";
  const counted = [
    `${counts.allowed} within board and bounds`,
    `${counts.beyondBoard} beyond the board`,
    `${counts.beyondBounds} beyond the bounds`,
    `${counts.refused} no variants`,
    ...(counts.leftOut > 0 ? [`${counts.leftOut} left out`] : []),
  ];
  const head = [
    `${space.name}: ${space.model.name} (${space.model.mix}), context ${space.context}: ${counts.points} points, ${evaluated} of them now${rate}`,
    `${counted.join(", ")}; tok/s of MatMuls unless end-to-end; ${noBoard}`,
  ];
  if (!winner) return [...head, "no point is within board and bounds: widen the constraints", ...files].join("\n");
  return [
    ...head,
    "",
    `the front, ${front.length} points (* the winner):`,
    frontTable(space, found, winner),
    "",
    "one key changed from the winner:",
    sensitivityTable(space, found),
    "",
    ...files,
  ].join("\n");
}

const shown = (value: unknown) => (Array.isArray(value) ? value.join(" ") : String(value));
const figure = (value: number) => (Number.isInteger(value) ? value : Number(value.toPrecision(5)));

function frontTable(space: Space, { front, confirmations }: Exploration, winner: Found): string {
  const figures = shownFigures(space);
  const tools = new Map(confirmations.map((one) => [one.n, one]));
  const hasYosys = confirmations.some(({ yosys }) => yosys);
  const hasRtl = confirmations.some(({ rtl }) => rtl);
  const header = [
    ...["point", ...space.axes.map(({ key }) => key), ...figures],
    ...(hasYosys ? ["LUT by Yosys"] : []),
    ...(hasRtl ? ["token cycles by RTL", "estimate off", "prompt cycles by RTL", "estimate off"] : []),
  ];
  const off = (estimate: number, truth: number | undefined) =>
    truth === undefined ? "" : `${(100 * (estimate / truth - 1)).toFixed(2)} %`;
  const rows = front.map(({ n, point }) => {
    const { yosys, rtl } = tools.get(n) ?? {};
    return [
      `${n}${n === winner.n ? " *" : ""}`,
      ...Object.values(valuesOf(space, n)).map(shown),
      ...figures.map((name) => figure(figureOf(point, name))),
      ...(hasYosys ? [yosys?.lut ?? ""] : []),
      ...(hasRtl
        ? [
            ...[rtl?.tokenCycles ?? "", off(point.tokenCycles, rtl?.tokenCycles)],
            ...[rtl?.promptCycles ?? "", off(point.promptCycles, rtl?.promptCycles)],
          ]
        : []),
    ];
  });
  return table(header, rows);
}

/** Neighbours of equal figures are one row. */
function sensitivityTable(space: Space, { sensitivity }: Findings): string {
  const figures = shownFigures(space);
  const rows = sensitivity.flatMap(({ key, steps }) => {
    const runs: { first: string; last: string; cells: (string | number)[] }[] = [];
    for (const { value, isWinners, point, isAllowed } of steps) {
      const cells = [
        ...figures.map((name: FigureName) => (point ? figure(figureOf(point, name)) : "")),
        isWinners ? "the winner's" : point ? (isAllowed ? "" : "beyond board or bounds") : "no variant, or left out",
      ];
      const run = runs.at(-1);
      if (run && run.cells.join() === cells.join()) run.last = shown(value);
      else runs.push({ first: shown(value), last: shown(value), cells });
    }
    return runs.map(({ first, last, cells }) => [key, first === last ? first : `${first} ... ${last}`, ...cells]);
  });
  return table(["key", "value", ...figures, ""], rows);
}
