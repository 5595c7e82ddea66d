import { copyFile, cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { sha256 } from "../../src/emit/variant.ts";
import { planDeployment } from "../../src/kria/deployment.ts";
import { deployEmitter } from "../../src/kria/emitter.ts";
import { type Manifest, printManifest, readManifest } from "../../src/kria/package/manifest.ts";
import { writePackage } from "../../src/kria/package/write.ts";
import type { Variant } from "../../src/plan/plan.ts";

/** A package as `bfq build` writes it, with the given self-test, but for a bitstream that is none. */
export async function basePackage(folder: string, variant: Variant, selftest: string): Promise<void> {
  const deployment = planDeployment(variant.plan)!;
  const { app } = deployment;
  const work = await mkdtemp(join(tmpdir(), "bfq-work-"));
  const overlay = deployEmitter.files(variant.plan).find(({ path }) => path.endsWith(`${app}.dts`))!;
  await mkdir(join(work, "driver"));
  await writeFile(join(work, `${app}.bit.bin`), "bitstream 1 ".repeat(1000));
  await writeFile(join(work, "overlay.dts"), overlay.text);
  await execa("dtc", [
    "-@",
    "-q",
    "-I",
    "dts",
    "-O",
    "dtb",
    "-o",
    join(work, `${app}.dtbo`),
    join(work, "overlay.dts"),
  ]);
  await copyFile(selftest, join(work, "driver/bfq-selftest"));
  await copyFile(join(dirname(selftest), "libbfq.a"), join(work, "driver/libbfq.a"));
  await writeFile(join(work, "driver/libbfq.so"), "not of the test");
  await writePackage(folder, work, { ...variant, deployment, made: {} });
  await rm(work, { recursive: true });
}

export interface Changes {
  /** Contents of files; null leaves one out. The manifest's hashes follow. */
  files?: Record<string, string | Uint8Array | null>;
  manifest?: Partial<Manifest>;
}

/** The package with some files different, and a manifest that says so. */
export async function changedPackage(base: string, folder: string, { files = {}, manifest = {} }: Changes) {
  await rm(folder, { recursive: true, force: true });
  await cp(base, folder, { recursive: true });
  const was = await readManifest(base);
  const hashes = { ...was.files };
  for (const [path, content] of Object.entries(files)) {
    await rm(join(folder, path), { force: true });
    delete hashes[path];
    if (content === null) continue;
    await writeFile(join(folder, path), content);
    hashes[path] = sha256(content);
  }
  await writeFile(join(folder, "manifest.json"), printManifest({ ...was, ...manifest, files: hashes }));
  return folder;
}
