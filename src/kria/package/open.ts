import { createHash } from "node:crypto";
import { lstat, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { temporaryFolder } from "../../output/temporary.ts";
import { ExitCode, type Problem, UserError, userError } from "../../problem.ts";
import { type Manifest, manifestName, readManifest } from "./manifest.ts";

/** A package of `bfq build` that is whole: every file is there with its hash. */
export interface Package {
  folder: string;
  manifest: Manifest;
  /** SHA-256 of the manifest, which stands for the whole package. */
  hash: string;
  bytes: number;
  close(): Promise<void>;
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const fix = "make the package again with `bfq build`";

/** Opens a folder or a tar. @throws UserError that names every file that is missing or not as the manifest has it */
export async function openPackage(path: string): Promise<Package> {
  const info = await stat(path).catch(() => undefined);
  if (!info)
    throw userError("no-package", "it is not there", { file: path, fix: "name a folder or tar of `bfq build`" });
  if (info.isDirectory()) return checkPackage(path, async () => {});
  const folder = temporaryFolder("package");
  try {
    await unpack(path, folder.path);
    return await checkPackage(folder.path, async () => folder.remove());
  } catch (error) {
    folder.remove();
    throw error;
  }
}

async function unpack(file: string, folder: string): Promise<void> {
  // Down stdin: tar takes a file name with a colon for one on another host.
  const { exitCode, stderr } = await execa("tar", ["-x", "-f", "-", "-C", folder], { reject: false, inputFile: file });
  if (exitCode === 0) return;
  const why = String(stderr).trim().split("\n").slice(-3).join("\n       ");
  throw userError("bad-package", "tar can't unpack it", { file, why, fix });
}

async function checkPackage(folder: string, close: () => Promise<void>): Promise<Package> {
  const manifest = await readManifest(folder);
  const problems: Problem[] = [];
  const contents = new Map<string, Buffer>();
  let bytes = 0;
  for (const [path, hash] of Object.entries(manifest.files)) {
    const file = join(folder, path);
    const content = await regularFile(file);
    if (!content) problems.push({ rule: "missing-file", what: "it is not there, or no plain file", file, fix });
    else if (sha256(content) !== hash)
      problems.push({
        rule: "hash-mismatch",
        what: "its SHA-256 is not the manifest's",
        why: "it was changed",
        file,
        fix,
      });
    else contents.set(path, content);
    bytes += content?.length ?? 0;
  }
  if (problems.length === 0)
    problems.push(...checkContents(manifest, contents).map((problem) => ({ ...problem, fix })));
  if (problems.length > 0) throw new UserError(problems.map((problem) => ({ file: folder, ...problem })));
  return { folder, manifest, hash: sha256(await readFile(join(folder, manifestName))), bytes, close };
}

async function regularFile(file: string): Promise<Buffer | undefined> {
  const info = await lstat(file).catch(() => undefined);
  return info?.isFile() ? readFile(file) : undefined;
}

const elfMachineAt = 18;
const elfAarch64 = 183;

/** What makes an app of the files: xmutil says of none of it that it is wrong. */
function checkContents({ app }: Manifest, contents: ReadonlyMap<string, Buffer>): Problem[] {
  const names = [...contents.keys()];
  const problems: Problem[] = [];
  for (const name of [`${app}.bit.bin`, `${app}.dtbo`, "shell.json", "bin/bfq-selftest"]) {
    if (contents.has(name)) continue;
    const ending = name.slice(name.lastIndexOf(app) < 0 ? 0 : app.length);
    const other = names.find((candidate) => !candidate.includes("/") && candidate.endsWith(ending));
    if (other)
      problems.push({
        rule: "stem-mismatch",
        what: `the app is '${app}', but a file is called ${other}`,
        why: "Linux finds an app's files by one stem",
      });
    else problems.push({ rule: "missing-file", what: `the manifest has no ${name}` });
  }
  if (problems.length > 0) return problems;
  if (!names.some((name) => /^vectors\/.*\.bfqv$/.test(name)))
    problems.push({
      rule: "missing-file",
      what: "the manifest has no golden vectors",
      why: "the self-test needs them",
    });
  if (!contents.get(`${app}.dtbo`)!.includes(`${app}.bit.bin\0`))
    problems.push({
      rule: "stem-mismatch",
      what: `the firmware-name in ${app}.dtbo is not ${app}.bit.bin`,
      why: "Linux would load no bitstream, and not say so",
    });
  const program = contents.get("bin/bfq-selftest")!;
  const isElf = program.length > elfMachineAt + 2 && program.subarray(0, 4).equals(Buffer.from("\x7fELF", "latin1"));
  if (!isElf || program.readUInt16LE(elfMachineAt) !== elfAarch64)
    problems.push({
      rule: "wrong-architecture",
      what: "bin/bfq-selftest is not built for aarch64",
      why: "the board's processor could not run it",
    });
  return problems;
}

/** The package as a tar: its manifest, and the files that the manifest names. */
export async function packTar({ folder, manifest }: Package): Promise<Uint8Array> {
  return tarOf(folder, [manifestName, ...Object.keys(manifest.files)]);
}

/** @param names need no quoting */
export async function tarOf(folder: string, names: readonly string[]): Promise<Uint8Array> {
  const result = await execa("tar", ["-c", "-C", folder, "-f", "-", ...names], {
    encoding: "buffer",
    reject: false,
    stdin: "ignore",
    maxBuffer: 2 ** 30,
  });
  if (result.exitCode === 0) return result.stdout;
  const why = Buffer.from(result.stderr).toString().trim() || String(result.code);
  throw userError("tool-failed", "tar could not pack the files", { why, file: folder }, ExitCode.toolFailed);
}
