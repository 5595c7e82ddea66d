import { z } from "zod";

/** Version of the spec language; each spec names the one it was written for. */
export const specVersion = 1;

export const versionSchema = z
  .literal(specVersion, `${specVersion}, the version of the spec language that this bfq reads`)
  .describe("version of the spec language, 1");

/** Names become C++ and SystemVerilog identifiers and file names, so nothing else is let in. */
export const nameSchema = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_-]{0,39}$/, "a letter, then up to 39 letters, digits, '_' or '-'");
