import { dirname, isAbsolute, join } from "node:path";
import { z } from "zod";

/** What a spec names another spec by: a name of bfq's own folder, or the path of a YAML file. */
export const referenceSchema = z
  .string()
  .regex(
    /^(?:[A-Za-z][A-Za-z0-9_-]{0,39}|[ -~\u00a0-\uffff]{1,400}\.ya?ml)$/,
    "a name (a letter, then up to 39 letters, digits, '_' or '-') or a path that ends in .yaml",
  );

/** Names have no dots, so a file's ending tells a path. */
export const isPath = (reference: string) => /\.ya?ml$/.test(reference);

/** The path of a file that a spec names: relative to that spec. */
export function besideSpec(spec: string, path: string): string {
  return isAbsolute(path) ? path : join(dirname(spec), path);
}
