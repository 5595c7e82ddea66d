import { chmod, copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { sha256 } from "../../emit/variant.ts";
import { packageRoot } from "../../paths.ts";
import type { Plan } from "../../plan/plan.ts";
import type { Accelerator } from "../../spec/accelerator.ts";
import { toolVersion } from "../../version.ts";
import type { Deployment } from "../deployment.ts";
import { afifmRegisters, type Manifest, manifestName, printManifest } from "./manifest.ts";
import { goldenVectors } from "./vectors.ts";

/** A file of the package: what Linux loads, or what a user runs. */
interface Content {
  bytes: Uint8Array;
  executable?: true;
}

/** What dfx-mgr wants beside the bitstream: one design for the whole fabric. */
const shellJson = `${JSON.stringify({ shell_type: "XRT_FLAT", num_slots: "1" }, null, 2)}\n`;

/** Files that lie in Linux' firmware folder. */
export const firmwareFiles = (app: string) => [`${app}.bit.bin`, `${app}.dtbo`, "shell.json"];

/**
 * Writes the Kria application that `bfq deploy` installs:
 *   <app>.bit.bin, <app>.dtbo, shell.json, manifest.json, bin/bfq-selftest, lib/, vectors/, scripts/
 * @param work folder of the steps that made bitstream, overlay and driver
 * @param made files of `work` to take along, beyond those of every build: path in the package -> path in `work`
 */
export async function writePackage(
  folder: string,
  work: string,
  {
    accelerator,
    plan,
    deployment,
    made,
  }: { accelerator: Accelerator; plan: Plan; deployment: Deployment; made: Record<string, string> },
): Promise<void> {
  const { app } = deployment;
  const contents = new Map<string, Content>();
  const text = (value: string): Content => ({ bytes: Buffer.from(value) });
  const copied: Record<string, string> = {
    [`${app}.bit.bin`]: `${app}.bit.bin`,
    [`${app}.dtbo`]: `${app}.dtbo`,
    "bin/bfq-selftest": "driver/bfq-selftest",
    "lib/libbfq.a": "driver/libbfq.a",
    "lib/libbfq.so": "driver/libbfq.so",
    ...made,
  };
  for (const [path, from] of Object.entries(copied)) {
    const bytes = await readFile(join(work, from));
    contents.set(path, path.startsWith("bin/") ? { bytes, executable: true } : { bytes });
  }
  contents.set("shell.json", text(shellJson));
  for (const { path, bytes } of goldenVectors(accelerator.formats, accelerator.maxK)) contents.set(path, { bytes });
  for (const [path, bytes] of await boardScripts()) contents.set(path, { bytes, executable: true });
  contents.set(manifestName, text(printManifest(manifestOf(plan, deployment, contents))));
  for (const [path, { bytes, executable }] of contents) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytes);
    await chmod(file, executable ? 0o755 : 0o644);
  }
}

async function boardScripts(): Promise<[string, Uint8Array][]> {
  const from = join(packageRoot, "scripts/kria");
  const names = (await readdir(from)).filter((name) => name.endsWith(".sh")).sort();
  return Promise.all(
    names.map(async (name) => [`scripts/${name}`, await readFile(join(from, name))] as [string, Uint8Array]),
  );
}

function manifestOf(plan: Plan, deployment: Deployment, contents: ReadonlyMap<string, Content>): Manifest {
  const ports = [...deployment.weights, deployment.others];
  return {
    bfq: toolVersion,
    app: deployment.app,
    board: plan.board.name,
    configHash: `0x${(plan.parameters.CONFIG_HASH >>> 0).toString(16).padStart(8, "0")}`,
    clockMHz: deployment.clockMHz,
    ports: ports.map(({ name }) => name),
    afifm: afifmRegisters(ports),
    uio: deployment.uio,
    dma: deployment.dma,
    dmaBytes: deployment.sharedBytes,
    files: Object.fromEntries(
      [...contents].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, { bytes }]) => [path, sha256(bytes)]),
    ),
  };
}

/** Lays out the Debian package: the firmware where Linux looks for it, the whole package under /opt/bfq. */
export async function layDebian(
  root: string,
  packageFolder: string,
  { app }: Deployment,
  board: string,
): Promise<void> {
  const control = [
    `Package: ${app}`,
    `Version: ${toolVersion}`,
    "Architecture: arm64",
    "Maintainer: bfq <bfq@invalid>",
    "Section: misc",
    "Priority: optional",
    "Depends: libc6, libstdc++6, libgcc-s1",
    `Description: FPGA application ${app} for the ${board}, made by bfq`,
    "",
  ];
  await put(join(root, "DEBIAN/control"), async (file) => writeFile(file, control.join("\n")));
  const copy = (path: string, to: string) => put(join(root, to), (file) => copyFile(join(packageFolder, path), file));
  for (const path of firmwareFiles(app)) await copy(path, `lib/firmware/xilinx/${app}/${path}`);
  const entries = await readdir(packageFolder, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((candidate) => candidate.isFile())) {
    const path = join(entry.parentPath, entry.name).slice(packageFolder.length + 1);
    await copy(path, `opt/bfq/${app}/${path}`);
  }
  // dpkg-deb keeps what it finds: the user's umask must not show.
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) await chmod(join(entry.parentPath, entry.name), 0o755);
  }
  await chmod(root, 0o755);
  await chmod(join(root, "DEBIAN/control"), 0o644);
}

async function put(file: string, write: (file: string) => Promise<void>): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await write(file);
}
