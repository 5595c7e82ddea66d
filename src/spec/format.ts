import type { Problem } from "../problem.ts";
import { UserError } from "../problem.ts";
import { resolveField, unusedBits } from "./format-layout.ts";
import {
  type ActivationName,
  type FloatFieldYaml,
  type FormatYaml,
  formatSchema,
  type IntegerYaml,
  type ScaleType,
} from "./format-schema.ts";
import { emptyField, type Field } from "./layout.ts";
import { type Levels, resolveLevels } from "./levels.ts";
import { SpecSource } from "./source.ts";

/** An unsigned stored integer as the datapath takes it: value = (stored XOR flip) * 2^shift - offset. */
export interface IntegerCode {
  field: Field;
  /** The sign bit of a two's-complement field: flipping it turns the code into offset binary. */
  flip: number;
  shift: 0 | 1;
  offset: number;
  min: number;
  max: number;
}

/** Float scales of a block: d[i] = stored value * multiplier, one for each `group` elements. */
export interface FloatScale {
  type: ScaleType;
  field: Field;
  group: number;
  /** A power of two. */
  multiplier: number;
}

/** A validated block format in the normal form of DESIGN.md 4: weight = d * s * v(code) - dmin * m. */
export interface Format {
  name: string;
  description?: string;
  ggmlType?: number;
  /** Weights a block. */
  elements: number;
  /** Bytes a block. */
  bytes: number;
  subBlock: number;
  activation: ActivationName;
  /** Elements over which all float scales are constant: one fp32 step of a MatMul. */
  step: number;
  code: Field;
  levels: Levels;
  scale: IntegerCode;
  /** Absent where the format has no mins. */
  min?: IntegerCode;
  d: FloatScale;
  /** "d" where the mins share d (integer zero points). */
  dmin?: FloatScale | "d";
  padding: Field;
}

/** Elements of one activation block: the float scale of the activations is constant over it. */
export const activationBlock: Record<ActivationName, number> = { q8_0: 32, q8_1: 32, q8_K: 256, int8_token: Infinity };

export const scaleTypeBits: Record<ScaleType, 8 | 16 | 32> = {
  f16: 16,
  bf16: 16,
  f32: 32,
  e8m0: 8,
  "e8m0-nan": 8,
  ue4m3: 8,
};

/** Reads and validates a format spec. @throws UserError with every problem found. */
export async function readFormat(file: string): Promise<Format> {
  return parseFormat(await SpecSource.read(file));
}

/** Turns the text of a format spec into a Format, or reports all that is wrong with it. */
export function parseFormat(source: SpecSource): Format {
  const shape = source.check(formatSchema);
  if ("problems" in shape) throw new UserError(shape.problems);
  const resolver = new Resolver(source, shape.value);
  const format = resolver.resolve();
  if (resolver.problems.length > 0) throw new UserError(resolver.problems);
  return format;
}

class Resolver {
  readonly problems: Problem[] = [];

  constructor(
    private readonly source: SpecSource,
    private readonly yaml: FormatYaml,
  ) {}

  private report(path: PropertyKey[], rule: string, what: string, why?: string, fix?: string) {
    this.problems.push(this.source.problem(path, rule, what, { ...(why && { why }), ...(fix && { fix }) }));
  }

  resolve(): Format {
    const { yaml } = this;
    const { elements, bytes } = yaml.block;
    const subBlock = yaml.block["sub-block"];
    if (elements % subBlock !== 0) {
      this.report(
        ["block", "sub-block"],
        "sub-block",
        `${elements} elements are not a multiple of sub-block ${subBlock}`,
      );
    }
    const layout = { source: this.source, blockBits: bytes * 8, problems: this.problems };
    const field = (name: "code" | "scale" | "min" | "padding") =>
      yaml.fields[name] ? resolveField(layout, ["fields", name], yaml.fields[name]) : emptyField;
    const subBlocks = elements / subBlock;
    const code = field("code");
    this.expectCount("code", code, elements, "one code an element");
    const levels = resolveLevels(yaml.level, code.bits, (what, fix) =>
      this.report(["level"], "level", what, undefined, fix),
    );
    const scaleField = field("scale");
    if (yaml.fields.scale) this.expectCount("scale", scaleField, subBlocks, "one scale a sub-block");
    const minField = field("min");
    if (yaml.fields.min) this.expectCount("min", minField, subBlocks, "one min a sub-block");
    const d = this.floatScale("d", yaml.fields.d, layout);
    const format: Format = {
      name: yaml.name,
      elements,
      bytes,
      subBlock,
      activation: yaml.activation,
      step: yaml.step,
      code,
      levels,
      scale: this.integer("scale", yaml.scale, scaleField, 1),
      d,
      padding: field("padding"),
    };
    if (yaml.description) format.description = yaml.description;
    if (yaml.ggml) format.ggmlType = yaml.ggml.type;
    this.resolveMin(format, minField, layout);
    this.checkStep(format);
    this.checkRange(format);
    this.checkEveryBit(format);
    return format;
  }

  private expectCount(name: string, field: Field, want: number, rule: string) {
    if (field.count === want || field.bits === 0) return;
    const what = `fields.${name} has ${field.count} elements; the block needs ${want} (${rule})`;
    this.report(
      ["fields", name],
      "field-count",
      what,
      undefined,
      "the product of `shape` (plus `from`) must give that count",
    );
  }

  private floatScale(name: "d" | "dmin", yaml: FloatFieldYaml, layout: Parameters<typeof resolveField>[0]): FloatScale {
    const { type, multiplier = 1 } = yaml;
    const path = ["fields", name];
    const bits = scaleTypeBits[type];
    let field = emptyField;
    if (yaml.pieces) {
      field = resolveField(layout, [...path, "pieces"], yaml.pieces);
      if (field.bits !== bits && field.bits !== 0) {
        this.report(path, "field-bits", `fields.${name}: the pieces give ${field.bits} bits; ${type} has ${bits}`);
      }
    } else if (yaml.byte === undefined) {
      this.report(path, "missing-key", `fields.${name} needs \`byte\` (or \`pieces\`)`);
    } else {
      const { byte, bit, shape, stride } = yaml;
      field = resolveField(layout, path, [{ bits, byte, bit, shape, stride }]);
    }
    const exponent = Math.log2(multiplier);
    if (!(multiplier > 0) || !Number.isInteger(exponent) || Math.abs(exponent) > 40) {
      this.report(
        [...path, "multiplier"],
        "multiplier",
        `multiplier ${multiplier} is not a power of two in 2^-40..2^40`,
      );
    }
    const group = this.yaml.block.elements / Math.max(field.count, 1);
    if (!Number.isInteger(group)) {
      this.report(
        path,
        "field-count",
        `fields.${name} has ${field.count} scales; ${this.yaml.block.elements} elements do not divide by that`,
      );
    }
    return { type, field, group, multiplier };
  }

  private integer(name: "scale" | "min", yaml: IntegerYaml | undefined, field: Field, constant: number): IntegerCode {
    const { type = "uint", multiplier = 1, offset = 0 } = yaml ?? {};
    if (field.bits === 0) {
      if (yaml && (yaml.type || yaml.multiplier || yaml.offset)) {
        this.report(
          [name],
          "no-field",
          `${name} describes stored bits, but there is no fields.${name}`,
          undefined,
          `use \`${name}: { constant: n }\` or add fields.${name}`,
        );
      }
      const value = yaml?.constant ?? constant;
      return { field, flip: 0, shift: 0, offset: -value, min: value, max: value };
    }
    if (yaml?.constant !== undefined) {
      this.report(
        [name, "constant"],
        "constant",
        `${name} is stored in the block and can't be constant`,
        undefined,
        "drop `constant`",
      );
    }
    if (field.bits > 8)
      this.report(["fields", name], "field-bits", `fields.${name} has ${field.bits} bits; 8 is the most`);
    const shift = multiplier === 2 ? 1 : 0;
    const half = type === "twos-complement" ? 2 ** (field.bits - 1) : 0;
    const total = offset + half * multiplier;
    return { field, flip: half, shift, offset: total, min: -total, max: (2 ** field.bits - 1) * multiplier - total };
  }

  private resolveMin(format: Format, minField: Field, layout: Parameters<typeof resolveField>[0]) {
    const { fields, min } = this.yaml;
    const hasMin = fields.min !== undefined || min !== undefined;
    if (hasMin !== (fields.dmin !== undefined)) {
      const what = hasMin ? "the format has mins but no fields.dmin" : "fields.dmin scales mins, but there are none";
      this.report(
        hasMin ? ["min"] : ["fields", "dmin"],
        "min-pair",
        what,
        undefined,
        "give both fields.dmin and fields.min (or `min: { constant: n }`)",
      );
    }
    if (!hasMin || fields.dmin === undefined) return;
    format.min = this.integer("min", min, minField, 0);
    format.dmin = fields.dmin === "d" ? "d" : this.floatScale("dmin", fields.dmin, layout);
    if (format.dmin !== "d" && format.dmin.group !== format.d.group) {
      this.report(
        ["fields", "dmin"],
        "field-count",
        `dmin serves ${format.dmin.group} elements and d ${format.d.group}; they must match`,
      );
    }
  }

  private checkStep(format: Format) {
    const want = Math.min(format.d.group, activationBlock[format.activation]);
    if (format.step !== want) {
      const why = `d is constant over ${format.d.group} elements, the scale of ${format.activation} over ${activationBlock[format.activation]}`;
      this.report(["step"], "step", `step is ${format.step}; it must be ${want}`, why, `write \`step: ${want}\``);
    }
  }

  /** Sums of one step stay exact in the golden model's doubles. */
  private checkRange(format: Format) {
    const { isum, msum } = sumRange(format);
    for (const [name, range] of [
      ["isum", isum],
      ["msum", msum],
    ] as const) {
      if (range >= 2 ** 53) {
        this.report(
          ["level"],
          "range",
          `${name} of a step can reach ${range.toExponential(2)}; integers are exact below 2^53`,
        );
      }
    }
    for (const name of ["scale", "min"] as const) {
      const code = format[name];
      if (code && Math.max(-code.min, code.max) > 511) {
        this.report(
          [name],
          "range",
          `${name} ranges over ${code.min}..${code.max}; 10-bit signed values (-511..511) are the most`,
        );
      }
    }
  }

  private checkEveryBit(format: Format) {
    if (this.problems.length > 0) return;
    const floats = [format.d, format.dmin].flatMap((scale) => (scale && scale !== "d" ? [scale.field] : []));
    const named: [string, Field][] = [
      ["code", format.code],
      ["scale", format.scale.field],
      ["min", format.min?.field ?? emptyField],
      ["d", floats[0]],
      ["dmin", floats[1] ?? emptyField],
      ["padding", format.padding],
    ];
    const { overlaps, unused } = unusedBits(named, format.bytes * 8);
    for (const { field, other, bit } of overlaps) {
      const place = `byte ${bit >> 3}, bit ${bit & 7}`;
      this.report(
        ["fields", field],
        "overlap",
        `fields.${field} and fields.${other} both use ${place}`,
        "each bit of a block has one meaning",
      );
    }
    if (unused.length > 0) {
      const list = unused.slice(0, 4).map((bit) => `byte ${bit >> 3} bit ${bit & 7}`);
      this.report(
        ["fields"],
        "unused-bits",
        `${unused.length} bits of the block are used by no field: ${list.join(", ")}${unused.length > 4 ? " ..." : ""}`,
        "a layout that misses bits is usually a wrong stride",
        "name them under fields.padding if they carry nothing",
      );
    }
  }
}

/** Largest magnitude of one step's integer sums, for int8 activations of magnitude up to 128. */
export function sumRange(format: Pick<Format, "step" | "scale" | "min" | "levels">): { isum: number; msum: number } {
  const magnitude = (range: { min: number; max: number }) => Math.max(Math.abs(range.min), Math.abs(range.max));
  return {
    isum: format.step * 128 * magnitude(format.levels) * magnitude(format.scale),
    msum: format.min ? format.step * 128 * magnitude(format.min) : 0,
  };
}
