import type { FloatScale, Format, IntegerCode } from "./format.ts";
import { type LocatedPiece, resolveField } from "./format-layout.ts";
import { type FloatFieldYaml, type FormatYaml, scaleTypeBits } from "./format-schema.ts";
import { emptyField, type Field } from "./layout.ts";
import { checkPowerOfTwo } from "./levels.ts";
import type { Report } from "./source.ts";

/** Turns the `fields`, `scale` and `min` entries of a spec into fields with positions and integer maps. */
export class FieldResolver {
  constructor(
    private readonly report: Report,
    private readonly yaml: FormatYaml,
  ) {}

  /** An integer field of at most 8 bits; empty where the spec has none. */
  integers(name: "code" | "scale" | "min", count?: number, meaning?: string): Field {
    const field = this.layoutOf(name, count, meaning);
    if (field.bits > 8) {
      this.report.add(["fields", name], "field-bits", `fields.${name} has ${field.bits} bits; 8 is the most`);
    }
    return field;
  }

  /** A field of bits; empty where the spec has none. */
  layoutOf(name: "code" | "sign" | "delta" | "scale" | "min" | "padding", count?: number, meaning?: string): Field {
    const pieces = this.yaml.fields[name];
    const path = ["fields", name];
    if (!pieces) return emptyField;
    const field = this.layout(
      path,
      pieces.map((piece, index) => ({ piece, path: [...path, index] })),
    );
    if (count !== undefined && field.bits > 0 && field.count !== count) {
      this.report.add(path, "field-count", `fields.${name} has ${field.count} elements; the block needs ${count}`, {
        ...(meaning && { why: meaning }),
        fix: "the product of `shape`, plus `from`, gives the count",
      });
    }
    return field;
  }

  private layout(path: PropertyKey[], pieces: LocatedPiece[]): Field {
    return resolveField(this.report, path, pieces, this.yaml.block.bytes * 8);
  }

  floats(name: "d" | "dmin", yaml: FloatFieldYaml): FloatScale {
    const { type, multiplier = 1 } = yaml;
    const { elements } = this.yaml.block;
    const path = ["fields", name];
    checkPowerOfTwo(this.report, [...path, "multiplier"], multiplier);
    const field = this.floatLayout(path, yaml);
    if (field.bits > 0 && field.bits !== scaleTypeBits[type]) {
      const what = `the pieces of fields.${name} give ${field.bits} bits; ${type} has ${scaleTypeBits[type]}`;
      this.report.add([...path, "pieces"], "field-bits", what);
    }
    const group = elements / Math.max(field.count, 1);
    if (!Number.isInteger(group)) {
      const what = `fields.${name} has ${field.count} scales for ${elements} elements`;
      this.report.add(path, "field-count", what, { why: "each scale serves the same number of elements" });
    }
    return { type, field, group, multiplier };
  }

  private floatLayout(path: PropertyKey[], yaml: FloatFieldYaml): Field {
    const { type, pieces, byte, bit, shape, stride } = yaml;
    if (pieces) {
      const inline = Object.entries({ byte, bit, shape, stride }).find(([, value]) => value !== undefined);
      if (inline) {
        this.report.add(
          [...path, inline[0]],
          "layout-twice",
          `${path.join(".")} has both \`${inline[0]}\` and \`pieces\``,
          {
            fix: "give the place once",
          },
        );
      }
      return this.layout(
        [...path, "pieces"],
        pieces.map((piece, index) => ({ piece, path: [...path, "pieces", index] })),
      );
    }
    if (byte === undefined) {
      this.report.add(path, "missing-key", `${path.join(".")}.byte is missing`, {
        fix: "give `byte`, or `pieces` where the bits are scattered",
      });
      return emptyField;
    }
    return this.layout(path, [{ piece: { bits: scaleTypeBits[type], byte, bit, shape, stride }, path }]);
  }

  /** The integer map of the scales or mins: one stored for each sub-block, or a constant. */
  scaling(name: "scale" | "min", constant: number): IntegerCode {
    const { elements, "sub-block": subBlock } = this.yaml.block;
    const isWhole = elements % subBlock === 0;
    const field = this.integers(name, isWhole ? elements / subBlock : undefined, `one ${name} for each sub-block`);
    const yaml = this.yaml[name];
    const { type = "uint", multiplier = 1, offset = 0 } = yaml ?? {};
    if (!this.yaml.fields[name]) {
      const stored = (["type", "multiplier", "offset"] as const).find((key) => yaml?.[key] !== undefined);
      if (stored) {
        this.report.add(
          [name, stored],
          "no-field",
          `${name}.${stored} is about stored bits; there is no fields.${name}`,
          {
            fix: `use \`${name}: { constant: n }\`, or add fields.${name}`,
          },
        );
      }
      const value = yaml?.constant ?? constant;
      return { field, flip: 0, shift: 0, offset: -value, min: value, max: value };
    }
    if (yaml?.constant !== undefined) {
      const what = `${name} is stored in the block and can't be constant`;
      this.report.add([name, "constant"], "constant", what, { fix: `drop \`constant\`, or fields.${name}` });
    }
    const shift = multiplier === 2 ? 1 : 0;
    const flip = type === "twos-complement" ? 2 ** Math.max(field.bits - 1, 0) : 0;
    const total = offset + flip * multiplier;
    return { field, flip, shift, offset: total, min: -total, max: (2 ** field.bits - 1) * multiplier - total };
  }

  /** Mins and their block scale come together or not at all. */
  min(): Pick<Format, "min" | "dmin"> {
    const { fields, min } = this.yaml;
    const { dmin } = fields;
    const fix = "give both fields.dmin and fields.min (or `min: { constant: n }`)";
    const hasMin = fields.min !== undefined || min !== undefined;
    if (hasMin && dmin === undefined) {
      this.report.add(min ? ["min"] : ["fields", "min"], "min-pair", "the format has mins but no fields.dmin", { fix });
    }
    if (!hasMin && dmin !== undefined) {
      this.report.add(["fields", "dmin"], "min-pair", "fields.dmin scales mins, but there are none", { fix });
    }
    if (!hasMin || dmin === undefined) return {};
    return { min: this.scaling("min", 0), dmin: dmin === "d" ? "d" : this.floats("dmin", dmin) };
  }
}
