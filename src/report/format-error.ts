import { decode } from "../golden/decode.ts";
import { UserError } from "../problem.ts";
import { quantizeRows } from "../quantise/rows.ts";
import { Random } from "../random.ts";
import type { Format } from "../spec/format.ts";

const weights = 16_384;

/** What `formatErrors` measures, in words. */
export const errorMethod = `${weights} normal weights quantised by bfq and decoded, root mean square of the error over that of the weights`;

/** Root mean square error of a format over that of the weights, measured on normal weights; undefined where bfq does not quantise to it. */
export function formatError(format: Format): number | undefined {
  const x = normalWeights();
  try {
    const back = decode(format, quantizeRows(format, x));
    let error = 0;
    let power = 0;
    for (let i = 0; i < x.length; i++) {
      error += (x[i] - back[i]) ** 2;
      power += x[i] ** 2;
    }
    return Math.sqrt(error / power);
  } catch (problem) {
    if (problem instanceof UserError) return undefined; // a grid
    throw problem;
  }
}

/** The same ones each time (Box-Muller). */
function normalWeights(): Float32Array {
  const random = new Random(1);
  const uniform = () => (random.below(2 ** 24) + 0.5) / 2 ** 24;
  return Float32Array.from(
    { length: weights },
    () => 0.02 * Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
  );
}
