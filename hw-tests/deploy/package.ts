import { createHash } from "node:crypto";
import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afifmRegisters, type Manifest, printManifest } from "../../src/deploy/manifest.ts";
import type { VectorFile } from "../../src/deploy/vectors.ts";

export interface PackageParts {
  selftest: string;
  vectors: readonly VectorFile[];
  configHash: string;
  /** Makes one version different from another. */
  bitstream?: string;
  /** Files that differ from what they should be; null leaves one out. */
  files?: Record<string, string | Uint8Array | null>;
  manifest?: Partial<Manifest>;
}

/** A package in the layout of `bfq build`, of a bitstream that is no bitstream. */
export async function writePackage(folder: string, app: string, parts: PackageParts): Promise<string> {
  const files: Record<string, string | Uint8Array | null> = {
    [`${app}.bit.bin`]: `${parts.bitstream ?? "bitstream 1"} `.repeat(1000),
    [`${app}.dtbo`]: `overlay\0${app}.bit.bin\0`,
    "shell.json": '{ "shell_type": "XRT_FLAT", "num_slots": "1" }\n',
    "bin/bfq-selftest": await readFile(parts.selftest),
    ...Object.fromEntries(parts.vectors.map(({ path, bytes }) => [path, bytes])),
    ...parts.files,
  };
  await rm(folder, { recursive: true, force: true });
  const hashes: Record<string, string> = {};
  for (const [path, content] of Object.entries(files)) {
    if (content === null) continue;
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
    hashes[path] = createHash("sha256").update(content).digest("hex");
  }
  if (hashes["bin/bfq-selftest"]) await chmod(join(folder, "bin/bfq-selftest"), 0o755);
  const manifest: Manifest = {
    bfq: "0.1.0",
    app,
    board: "kv260",
    configHash: parts.configHash,
    clockMHz: 250,
    ports: ["HP0", "HPC0"],
    afifm: afifmRegisters(["HP0", "HPC0"]),
    uio: "bfq",
    dma: "udmabuf0",
    dmaBytes: 939524096,
    files: hashes,
    ...parts.manifest,
  };
  await writeFile(join(folder, "manifest.json"), printManifest(manifest));
  return folder;
}
