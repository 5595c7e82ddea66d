import { UserError } from "../problem.ts";
import type { Format } from "./format.ts";
import { checkEveryBit, checkGroups, checkRange, stepOf } from "./format-checks.ts";
import { FieldResolver } from "./format-fields.ts";
import { type FormatYaml, formatSchema } from "./format-schema.ts";
import { resolveGrid } from "./grid.ts";
import { refuseOtherKind } from "./kind.ts";
import { resolveLevels } from "./levels.ts";
import { Report, refuse, SpecSource } from "./source.ts";

/** Reads and validates a format spec. @throws UserError with every problem found. */
export async function readFormat(file: string): Promise<Format> {
  return parseFormat(await SpecSource.read(file));
}

/** Turns the text of a format spec into a Format, or reports all that is wrong with it. */
export function parseFormat(source: SpecSource): Format {
  refuseOtherKind(source, "format");
  const shape = source.check(formatSchema);
  if ("problems" in shape) throw new UserError(shape.problems);
  const report = new Report(source);
  const format = resolveFormat(report, shape.value);
  refuse(report.problems);
  return format;
}

/** A code of its own for each element. */
function plainCodes(report: Report, yaml: FormatYaml, fields: FieldResolver): Pick<Format, "code" | "levels"> {
  for (const name of ["sign", "delta"] as const) {
    if (yaml.fields[name]) {
      const what = `fields.${name} belongs to grid formats, and there is no level.grid`;
      report.add(["fields", name], "grid-flags", what, { fix: `drop fields.${name}` });
    }
  }
  const code = fields.integers("code", yaml.block.elements, "one code for each element");
  return { code, levels: resolveLevels(report, yaml.level, code.bits) };
}

function resolveFormat(report: Report, yaml: FormatYaml): Format {
  const { elements, bytes } = yaml.block;
  const subBlock = yaml.block["sub-block"];
  if (elements % subBlock !== 0) {
    const what = `${elements} elements are not a multiple of sub-block ${subBlock}`;
    report.add(["block", "sub-block"], "sub-block", what, { fix: "choose a divisor of `elements`" });
  }
  const fields = new FieldResolver(report, yaml);
  const { code, levels } =
    yaml.level.grid === undefined ? plainCodes(report, yaml, fields) : resolveGrid(report, yaml, fields);
  const scale = fields.scaling("scale", 1);
  const min = fields.min();
  const d = fields.floats("d", yaml.fields.d);
  const format: Format = {
    name: yaml.name,
    elements,
    bytes,
    subBlock,
    activation: yaml.activation,
    step: yaml.step ?? stepOf(yaml.activation, d),
    code,
    levels,
    scale,
    d,
    padding: fields.layoutOf("padding"),
    ...(yaml.description && { description: yaml.description }),
    ...(yaml.ggml && { ggmlType: yaml.ggml.type }),
    ...min,
  };
  // What follows is computed from the fields, so it would only repeat their problems.
  if (report.problems.length === 0) {
    checkGroups(report, format);
    checkRange(report, format);
    checkEveryBit(report, format);
  }
  return format;
}
