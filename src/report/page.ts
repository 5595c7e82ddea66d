import Handlebars from "handlebars";
import { copyTemplate } from "../emit/emitter.ts";
import { plannedLuts } from "../estimate/luts.ts";
import type { Performance } from "../estimate/performance.ts";
import type { Point } from "../estimate/point.ts";
import type { Verdict } from "../estimate/verdict.ts";
import type { Synthesis } from "../estimate/yosys.ts";
import type { Found } from "../explore/front.ts";
import type { Objective } from "../explore/space.ts";
import type { Model } from "../model/model.ts";
import { tileColumns, tileRows, wordBytes } from "../plan/interface.ts";
import type { Plan } from "../plan/plan.ts";
import type { Accelerator } from "../spec/accelerator.ts";
import { toolVersion } from "../version.ts";
import { drawCycles, drawFront, drawRoofline, drawSpeeds } from "./charts.ts";
import { drawMachine } from "./diagram.ts";
import { errorMethod, formatError } from "./format-error.ts";
import { published } from "./published.ts";
import { readTestplan } from "./testplan.ts";

/** Where a figure comes from. */
type Source = "measured" | "simulated" | "derived";

interface Section {
  title: string;
  source: Source;
  how: string;
  /** Makes the figures again. */
  command: string;
  notes?: string[];
  /** SVG of ours. */
  picture?: string;
  table?: { head: string[]; rows: (string | number)[][] };
}

/** A variant with a model on it. */
export interface Subject {
  /** As the command line has it. */
  spec: string;
  accelerator: Accelerator;
  plan: Plan;
  verdict: Verdict;
  model?: Model;
  point?: Point;
  found?: Performance;
}

export interface ReportContent {
  subject: Subject;
  other?: Subject;
  model?: Model;
  /** The model as the command line has it. */
  modelArguments: string;
  synthesis?: Synthesis;
  exploration?: { file: string; objectives: Objective[]; winner?: number; front: Found[] };
  /** SVG of a lab; another program may have changed it. */
  lab?: { file: string; svg: string };
}

const fixed = (value: number, digits = 2) => value.toFixed(digits);

/** One page that needs no other file, no script and no network. Text is escaped, pictures are ours. */
export async function reportPage(content: ReportContent): Promise<string> {
  const { subject, model } = content;
  const { plan } = subject;
  const sections = (await Promise.all(parts.map((part) => part(content)))).flatMap((section) => section ?? []);
  const of = model ? `${model.name} (${model.mix}) on ${plan.name}` : plan.name;
  const view = {
    title: `${of}, ${plan.board.name} at ${plan.clockMHz} MHz`,
    description: plan.description,
    version: toolVersion,
    summary: summary(content),
    sections: sections.map(({ table, ...section }, i) => ({
      ...section,
      id: `part${i + 1}`,
      ...(table && { head: table.head, rows: table.rows.map((row) => row.map(asCell)) }),
    })),
    lab: content.lab && {
      file: content.lab.file,
      data: Buffer.from(content.lab.svg).toString("base64"), // as an image no script of it runs
    },
  };
  return Handlebars.compile(copyTemplate("report/page.html.hbs"), { strict: true, knownHelpersOnly: true })(view);
}

const asCell = (value: string | number) => ({ value, isNumber: /^-?[\d.,]+( %)?$/.test(String(value)) });

/** The page in a few figures. */
function summary({ subject: { plan, verdict, point } }: ReportContent): { label: string; value: string }[] {
  const { parameters } = plan;
  const use = (resource: string) => {
    const { needed, available } = verdict.uses.find((one) => one.resource === resource)!;
    return `${needed} of ${available}`;
  };
  return [
    {
      label: "machine",
      value: `${parameters.LANES} lanes, ${parameters.COLUMNS} columns, replay ${parameters.REPLAY}`,
    },
    { label: "fits", value: verdict.fits ? "yes" : "no" },
    { label: "LUT", value: use("LUT") },
    { label: "DSP", value: use("DSP") },
    ...(point
      ? [
          { label: `tok/s in MatMuls`, value: fixed(point.tokensPerSecond) },
          { label: `tok/s end to end, context ${point.context}`, value: fixed(point.endToEndTokensPerSecond) },
          { label: `prompt tok/s in MatMuls`, value: fixed(point.promptTokensPerSecond, 0) },
        ]
      : []),
  ];
}

type Part = (content: ReportContent) => Promise<Section | undefined> | Section | undefined;

const parts: Part[] = [
  async ({ subject: { plan, spec } }) => ({
    title: "The machine",
    ...{ source: "derived", how: "the plan's numbers", command: `bfq check ${spec}` },
    picture: await drawMachine(plan),
  }),
  async ({ subject, other, modelArguments }) => {
    const variants = [subject, ...(other ? [other] : [])].flatMap(({ plan, found }) => (found ? { plan, found } : []));
    if (variants.length === 0) return undefined;
    return {
      title: "Roofline",
      ...{ source: "derived", how: "cycle model on the board's memory, fitted to published figures; MatMuls only" },
      command: `bfq estimate ${subject.spec} ${modelArguments}`,
      picture: await drawRoofline(variants),
    };
  },
  async ({ subject: { spec, found }, modelArguments }) =>
    found && {
      title: "Where a token's cycles go",
      ...{ source: "derived", how: "cycle model; each list of MatMuls once" },
      command: `bfq estimate ${spec} ${modelArguments}`,
      picture: await drawCycles("A token: each kind of layer, and the head", found.token.lists),
      table: {
        head: ["list", "times", "cycles", "MB", "GB/s"],
        rows: found.token.lists.map(({ name, times, cycles, usefulBytes, gigabytesPerSecond }) => [
          ...[name, times, cycles, fixed(usefulBytes / 1e6), fixed(gigabytesPerSecond)],
        ]),
      },
      notes: [`bfq bench ${spec} ${modelArguments} runs the same lists on the RTL in Verilator (simulated; minutes).`],
    },
  async ({ subject, other, model, modelArguments }) => {
    const own = [subject, ...(other ? [other] : [])].flatMap(({ plan, point }) =>
      point
        ? [
            { name: `${plan.name}: ${model!.name} ${model!.mix}, MatMuls`, tokensPerSecond: point.tokensPerSecond },
            { name: `${plan.name}: the same, end to end`, tokensPerSecond: point.endToEndTokensPerSecond },
          ]
        : [],
    );
    if (own.length === 0) return undefined;
    return {
      title: "Tokens a second, beside what others publish",
      ...{ source: "derived", how: "ours by the cycle model, and the CPU's share derived; the others' as published" },
      command: `bfq estimate ${subject.spec} ${modelArguments}`,
      picture: await drawSpeeds(own),
      table: {
        head: ["system", "model", "tok/s", "context", "source"],
        rows: published.map(({ system, model, tokensPerSecond, context, source }) => [
          ...[system, model, tokensPerSecond, context, source],
        ]),
      },
      notes: [
        "Models differ in size and bits, so bars of different models are no race. No board was used for ours.",
        `Ours at a context of ${subject.point!.context} tokens.`,
      ],
    };
  },
  comparison,
  ({ subject: { spec, plan, verdict } }) => ({
    title: "Resources against the board",
    ...{
      source: "derived",
      how: "formulas with coefficients from Yosys; within 15 % of it",
      command: `bfq check ${spec}`,
    },
    table: {
      head: ["resource", "needed", `${plan.board.name} has`, "%"],
      rows: verdict.uses.map(({ resource, needed, available }) => [
        ...[resource, needed, available, fixed((100 * needed) / available, 1)],
      ]),
    },
    notes: plannedLuts(plan).parts.map(({ part, lut }) => `${part}: ${lut} LUT`),
  }),
  ({ subject: { spec }, synthesis }) =>
    synthesis && {
      title: "Resources by module",
      ...{ source: "simulated", how: synthesis.source.modules, command: `bfq check ${spec} --yosys` },
      table: {
        head: ["module", "instances", "LUT", "FF", "DSP", "BRAM36", "URAM"],
        rows: [...synthesis.modules, { module: "all", instances: "", ...synthesis.total }].map(
          ({ module, instances, lut, ff, dsp, bram36, uram }) => [module, instances, lut, ff, dsp, bram36, uram],
        ),
      },
    },
  formatTable,
  matrix,
  async ({ exploration }) => {
    if (!exploration) return undefined;
    const { objectives, front, winner, file } = exploration;
    const [x, y] = [objectives[0].figure, (objectives.at(-1) ?? objectives[0]).figure];
    return {
      title: "The front of the exploration",
      ...{ source: "derived", how: `every point of its space by estimate; from ${file}`, command: "bfq explore SPACE" },
      picture: await drawFront(front, winner, [x, y]),
    };
  },
];

function comparison({ subject, other, modelArguments }: ReportContent): Section | undefined {
  if (!other) return undefined;
  const row = (name: string, of: (one: Subject) => number | undefined, digits = 0) => {
    const [a, b] = [of(subject), of(other)];
    if (a === undefined || b === undefined) return [];
    return [[name, fixed(a, digits), fixed(b, digits), b === 0 ? "" : `${fixed((100 * a) / b, 1)} %`]];
  };
  const use = (index: number) => (one: Subject) => one.verdict.uses[index].needed;
  return {
    title: `Beside ${other.plan.name}`,
    ...{
      source: "derived",
      how: "cycle model and formulas",
      command: `bfq estimate ${other.spec} ${modelArguments}`.trim(),
    },
    table: {
      head: ["figure", subject.plan.name, other.plan.name, "of it"],
      rows: [
        ...row("tok/s in MatMuls", ({ point }) => point?.tokensPerSecond, 2),
        ...row("tok/s end to end", ({ point }) => point?.endToEndTokensPerSecond, 2),
        ...row("prompt tok/s in MatMuls", ({ point }) => point?.promptTokensPerSecond, 1),
        ...subject.verdict.uses.flatMap(({ resource }, i) => row(resource, use(i))),
        ...row("clock, MHz", ({ plan }) => plan.clockMHz),
      ],
    },
  };
}

function formatTable({ subject: { spec, plan, accelerator } }: ReportContent): Section {
  return {
    title: "Formats: words a tile, numeric error",
    ...{ source: "measured", how: `error: ${errorMethod}; words and steps: the plan's`, command: `bfq report ${spec}` },
    table: {
      head: ["format", "bits a weight", "words a tile", "bytes over stored", "step", "RMS error, %"],
      rows: plan.formats.map(({ name, storedBytes, tileWords, fields }, i) => {
        const error = formatError(accelerator.formats[i]);
        const bits = (8 * storedBytes) / (tileRows * tileColumns);
        return [
          ...[name, fixed(bits, 3), tileWords, tileWords * wordBytes - storedBytes, 2 ** fields.step_log2],
          error === undefined ? "bfq does not quantise to grids" : fixed(100 * error),
        ];
      }),
    },
  };
}

async function matrix(): Promise<Section> {
  return {
    title: "Verification matrix",
    ...{
      source: "simulated",
      how: "docs/testplan.yaml; a test checks that each named test exists",
      command: "scripts/test",
    },
    table: {
      head: ["claim", "truth", "by", "tests", "last figure"],
      rows: (await readTestplan()).map(({ part, truth, by, tests, figure, when }) => [
        ...[part.replaceAll("`", ""), truth, by],
        [...new Set(tests.map(({ file }) => file))].join(", "),
        figure === undefined ? "" : `${figure}${when ? ` (${when})` : ""}`,
      ]),
    },
    notes: ["outside: another program, standard or formula; agreement: two of our own; self: a property of one"],
  };
}
