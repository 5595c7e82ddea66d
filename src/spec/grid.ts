import { readFileSync, statSync } from "node:fs";
import { specsFolder } from "../paths.ts";
import { describeValue, printable } from "../printable.ts";
import type { FieldResolver } from "./format-fields.ts";
import type { FormatYaml } from "./format-schema.ts";
import { type Flags, flaggedLevel, GridCodec } from "./grid-codec.ts";
import { emptyField, type Field } from "./layout.ts";
import { checkOneMap, checkPowerOfTwo, type Levels } from "./levels.ts";
import { besideSpec } from "./reference.ts";
import type { Report } from "./source.ts";

/** Largest level: what a codebook entry of the machine holds. And so many entries it has. */
const maxLevel = 127;
const maxLevels = 64;

/** Longest vector. */
const maxVector = 8;

/** The largest of bfq's own, 2048 vectors of 8, has 50 KB. */
const maxGridBytes = 1 << 20;

interface Grid {
  file: string;
  /** Elements of a vector. */
  vector: number;
  /** Vectors, one after another. */
  values: Int16Array;
}

/**
 * A grid format (ggml's iq1 to iq3): `fields.code` holds an index for each vector of elements, `level.grid` names the
 * vectors, `fields.sign` or `fields.delta` holds flags.
 */
export function resolveGrid(report: Report, yaml: FormatYaml, fields: FieldResolver): { code: Field; levels: Levels } {
  const before = report.problems.length;
  const { multiplier = 1 } = yaml.level;
  const nothing = { code: emptyField, levels: { flip: 0, shift: 0, offset: 0, unit: 1, min: 0, max: 0 } as const };
  checkOneMap(report, yaml.level);
  checkPowerOfTwo(report, ["level", "multiplier"], multiplier);
  const flags = resolveFlags(report, yaml, fields);
  const grid = readGrid(report, yaml.level.grid!);
  if (!grid) return nothing;
  const { elements } = yaml.block;
  const index = fields.layoutOf("code", elements / grid.vector, `one index for each vector of ${grid.vector} elements`);
  const vectors = grid.values.length / grid.vector;
  if (index.bits > 0 && vectors !== 2 ** index.bits) {
    const what = `the grid has ${vectors} vectors; indices of ${index.bits} bits need ${2 ** index.bits}`;
    report.add(["level", "grid"], "grid", what);
  }
  const levels = gridLevels(report, grid, flags);
  if (report.problems.length > before) return nothing;
  const bits = Math.max(1, Math.ceil(Math.log2(levels.length)));
  const codec = new GridCodec(index, flags, grid.values, grid.vector, levels);
  // Codes beyond the last level do not occur; the table gives them the last one.
  const table = new Float64Array(2 ** bits).fill(levels[levels.length - 1]);
  table.set(levels);
  const unit = flags?.kind === "delta" ? multiplier / 8 : multiplier;
  return {
    code: { count: elements, bits, parts: [], codec },
    levels: { flip: 0, shift: 0, offset: 0, table, unit, min: Math.min(...table), max: Math.max(...table) },
  };
}

function resolveFlags(report: Report, yaml: FormatYaml, fields: FieldResolver): Flags | undefined {
  const { elements } = yaml.block;
  const { sign, delta } = yaml.fields;
  if (sign && delta) {
    const what = "fields.sign and fields.delta exclude each other";
    report.add(["fields", "delta"], "grid-flags", what, { fix: "drop one of them" });
  }
  const kind = sign ? "sign" : "delta";
  if (!sign && !delta) return undefined;
  const field = fields.layoutOf(kind);
  if (field.bits === 0) return undefined;
  const span = elements / field.count;
  const isEach = field.bits === 1 && (kind === "delta" ? Number.isInteger(span) : span === 1);
  const isParity = kind === "sign" && field.bits === 7 && span === 8;
  if (!isEach && !isParity) {
    report.add(["fields", kind], "grid-flags", `fields.${kind} has ${field.count} values of ${field.bits} bits`, {
      why:
        kind === "sign"
          ? "signs are one bit an element, or 7 bits for 8 elements with the eighth by even parity"
          : "deltas are one bit for a run of elements",
    });
  }
  return { kind, field, span };
}

/** All levels of a format, ascending. Stored bits can be found back from levels only if no two meanings share one. */
function gridLevels(report: Report, { file, values, vector }: Grid, flags: Flags | undefined): Int16Array {
  const withFlag = (flag: 0 | 1) => new Set(Array.from(values, (value) => flaggedLevel(flags?.kind, value, flag)));
  const plain = withFlag(0);
  const flagged = flags ? withFlag(1) : new Set<number>();
  const shared = [...plain].find((level) => flagged.has(level));
  const why = "stored blocks must come back from device tiles bit by bit";
  if (shared !== undefined) {
    report.problems.push({
      rule: "grid",
      what: `level ${shared} comes of both values of fields.${flags?.kind}`,
      why,
      file,
    });
  }
  const seen = new Map<string, number>();
  for (let at = 0; at < values.length; at += vector) {
    const key = values.subarray(at, at + vector).join(" ");
    const first = seen.get(key);
    if (first !== undefined) {
      report.problems.push({ rule: "grid", what: `vectors ${first} and ${at / vector} are equal: ${key}`, why, file });
      break;
    }
    seen.set(key, at / vector);
  }
  const levels = Int16Array.from(new Set([...plain, ...flagged])).sort();
  if (levels.some((level) => Math.abs(level) > maxLevel) || levels.length > maxLevels) {
    const what = `${levels.length} levels from ${levels[0]} to ${levels.at(-1)}; ${maxLevels} from -${maxLevel} to ${maxLevel} are the most`;
    report.problems.push({ rule: "grid", what, file });
  }
  return levels;
}

/** Reads a grid file: a vector a line, its values apart by spaces, comments after '#'. */
function readGrid(report: Report, name: string): Grid | undefined {
  const isPath = name.endsWith(".txt");
  const beside = besideSpec(report.source.file, isPath ? name : `grids/${name}.txt`);
  const files = isPath ? [beside] : [beside, `${specsFolder}/formats/grids/${name}.txt`];
  const file = files.find((candidate) => statSync(candidate, { throwIfNoEntry: false })?.isFile());
  if (file === undefined) {
    const what = isPath ? `there is no grid file '${printable(name)}'` : `no grid named '${name}'`;
    report.add(["level", "grid"], "unknown-grid", what, { fix: `put its vectors into ${beside}` });
    return undefined;
  }
  const { size } = statSync(file);
  if (size > maxGridBytes) {
    report.problems.push({ rule: "grid", what: `the grid has ${size} bytes; ${maxGridBytes} are allowed`, file });
    return undefined;
  }
  const text = readFileSync(file, "utf8");
  const values: number[] = [];
  let vector = 0;
  for (const [index, line] of text.split("\n").entries()) {
    const words = line.replace(/#.*/, "").trim().split(/\s+/).filter(Boolean);
    if (words.length === 0) continue;
    vector ||= words.length;
    const wrong = words.find((word) => !/^-?\d{1,3}$/.test(word));
    const what =
      words.length !== vector
        ? `${words.length} values; the first vector has ${vector}`
        : wrong !== undefined && `expected whole numbers below 1000; found ${describeValue(wrong)}`;
    if (what) {
      report.problems.push({ rule: "grid", what, file, line: index + 1, column: 1 });
      return undefined;
    }
    values.push(...words.map(Number));
  }
  if (vector === 0 || vector > maxVector) {
    const what = vector === 0 ? "the grid is empty" : `vectors of ${vector} values; ${maxVector} are the most`;
    report.problems.push({ rule: "grid", what, file });
    return undefined;
  }
  return { file, vector, values: Int16Array.from(values) };
}
