import { drawBlock } from "../docs/draw-block.ts";
import { refuseFormat } from "../plan/format-plan.ts";
import type { Format } from "../spec/format.ts";

/** What `formats show` and `check` say of one format. */
export function describeFormat(format: Format) {
  const { name, elements, bytes, subBlock, step, activation } = format;
  const { table, unit } = format.levels;
  const reasons = refuseFormat(format).map(({ rule, what }) => ({ rule, what }));
  return {
    ...{ name, elements, bytes, subBlock, step, activation },
    ...(table && { levels: [...table].map((level) => level * unit) }),
    /** Whether some variant can run it. */
    hardware: reasons.length === 0,
    /** What of it no hardware does. */
    ...(reasons.length > 0 && { goldenOnly: reasons }),
    drawing: drawBlock(format),
  };
}
