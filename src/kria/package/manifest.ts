import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type Problem, UserError } from "../../problem.ts";
import type { PsPort } from "../deployment.ts";

/** What dfx-mgr takes as an app: also the stem of its files. */
export const appName = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** Names that need no quoting anywhere and can't leave the package. */
const fileName = /^(?!.*\.\.)[A-Za-z0-9_+][A-Za-z0-9._+-]*(\/[A-Za-z0-9_+][A-Za-z0-9._+-]*)*$/;

const address = z.string().regex(/^0x[0-9a-f]{8}$/, "an address of eight lower-case hex digits");

/**
 * Shape of a package's manifest.json. `bfq build` writes it; `bfq deploy` and the board's scripts read it. The scripts read
 * it by line, so it is printed with two spaces of indent and values that hold no quotes.
 */
export const manifestSchema = z.strictObject({
  bfq: z.string().regex(/^[0-9A-Za-z.+-]{1,40}$/),
  app: z.string().regex(appName, "lower-case letters, digits and '-'"),
  board: z.string().regex(/^[a-z0-9]{1,20}$/),
  /** Of the kernel, as the driver was generated for it. */
  configHash: address,
  clockMHz: z.number().positive().max(1000),
  /** PS ports that the kernel's memory ports are wired to. */
  ports: z.array(z.string().regex(/^[A-Z0-9]{1,10}$/)).min(1),
  /** Width of PS ports: address of each AFIFM register (read, write) and the bits that it must be set to. */
  afifm: z.record(address, z.literal([32, 64, 128])),
  /** Name of the kernel's UIO device, as /sys/class/uio/uioN/name shows it. */
  uio: z.string().regex(/^[a-z0-9_-]{1,40}$/),
  /** Name of the u-dma-buf device. */
  dma: z.string().regex(/^[a-z0-9_-]{1,40}$/),
  /** Bytes of contiguous memory that it takes. */
  dmaBytes: z.int().positive(),
  /** SHA-256 of every file but this one. */
  files: z.record(
    z.string().regex(fileName, "letters, digits and ._+- in folders"),
    z.string().regex(/^[0-9a-f]{64}$/),
  ),
});

export type Manifest = z.infer<typeof manifestSchema>;

export const manifestName = "manifest.json";

export const printManifest = (manifest: Manifest) => `${JSON.stringify(manifestSchema.parse(manifest), null, 2)}\n`;

/** The `afifm` of ports that are all 128 bit wide: reads at the base, writes 0x14 above (UG1087). */
export const afifmRegisters = (ports: readonly PsPort[]): Manifest["afifm"] =>
  Object.fromEntries(
    ports.flatMap(({ widthRegister }) =>
      [0, 0x14].map((offset) => [`0x${(widthRegister + offset).toString(16)}`, 128 as const]),
    ),
  );

/** @throws UserError where it isn't there, or is no manifest */
export async function readManifest(folder: string): Promise<Manifest> {
  const file = join(folder, manifestName);
  const refuse = (problems: Problem[]) => new UserError(problems.map((problem) => ({ ...problem, file })));
  const fix = "make the package again with `bfq build`";
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    const what = error.code === "ENOENT" ? "it is not there" : `it can't be read (${error.code})`;
    throw refuse([{ rule: "no-manifest", what, why: "a package of `bfq build` has one", fix }]);
  });
  const parsed = manifestSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw refuse(
    parsed.error.issues.map(({ path, message }) => {
      const at = JSON.stringify(path.join(".")).slice(0, 80);
      return { rule: "bad-manifest", what: `${at}: ${message}`, fix };
    }),
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
