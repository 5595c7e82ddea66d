import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { UserError } from "../../problem.ts";
import { afifmRegisters, type Manifest } from "./manifest.ts";

const hp0 = { name: "HP0", pin: "p", clock: "c", index: 2, afi: 4, widthRegister: 0xfd380000 };

import { openPackage, packTar } from "./open.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "bfq-package-test-"));
});
afterEach(() => rm(folder, { recursive: true }));

const elf = Buffer.alloc(64);
elf.write("\x7fELF", "latin1");
elf.writeUInt16LE(183, 18);
const files: Record<string, string | Buffer> = {
  "app.bit.bin": "bits",
  "app.dtbo": "app.bit.bin\0",
  "shell.json": "{}",
  "bin/bfq-selftest": elf,
  "vectors/q2_K-0.bfqv": "vectors",
};

/** @param extra files that are other ones, or that it lacks */
async function write(
  changes: Record<string, unknown> = {},
  extra: Record<string, string | null> = {},
): Promise<string> {
  const all = Object.entries({ ...files, ...extra }).filter((entry): entry is [string, string] => entry[1] !== null);
  const hashes: Record<string, string> = {};
  for (const [path, content] of all) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
    hashes[path] = createHash("sha256").update(content).digest("hex");
  }
  const manifest: Manifest = {
    bfq: "0.1.0",
    app: "app",
    board: "kv260",
    configHash: "0x01234567",
    clockMHz: 250,
    ports: ["HP0"],
    afifm: afifmRegisters([hp0]),
    uio: "bfq",
    dma: "udmabuf0",
    dmaBytes: 4096,
    files: hashes,
  };
  await writeFile(join(folder, "manifest.json"), JSON.stringify({ ...manifest, ...changes }, null, 2));
  return folder;
}

const problemsOf = async (path: string) => {
  const error = await openPackage(path).then(
    () => new Error("it was taken"),
    (thrown: Error) => thrown,
  );
  if (!(error instanceof UserError)) throw error;
  expect(error.exitCode).toBe(2);
  for (const { fix } of error.problems) expect(fix).toBeTruthy();
  return error.problems;
};

describe("openPackage", () => {
  it("takes a whole one and packs what the manifest names, and no more", async () => {
    await write();
    await writeFile(join(folder, "notes; rm -rf ~"), "not of the package");
    const opened = await openPackage(folder);
    expect(opened.bytes).toBe(Object.values(files).reduce((sum, content) => sum + content.length, 0));
    const tar = Buffer.from(await packTar(opened)).toString("latin1");
    expect(tar).toContain("vectors/q2_K-0.bfqv");
    expect(tar).not.toContain("notes");
  });

  const zeros = "0".repeat(64);
  it.each([
    ["app", "-rf"],
    ["app", "a;reboot"],
    ["app", "$(id)"],
    ["app", "../x"],
    ["app", 'a"b'],
    ["app", "A"],
    ["board", "kv260; id"],
    ["uio", "bfq $(id)"],
    ["dma", "../../dev"],
    ["afifm", { "0xfd380000; reboot": 128 }],
    ["afifm", { "0xfd380000": 16 }],
    ["configHash", "1"],
    ["clockMHz", "250"],
    ["files", { "../../etc/passwd": zeros }],
    ["files", { "/etc/passwd": zeros }],
    ["files", { "-T": zeros }],
    ["files", { "a b": zeros }],
    ["files", { "it's": zeros }],
    ["files", { 'quote"': zeros }],
    ["files", { "new\nline": zeros }],
    ["files", { "$(touch owned)": zeros }],
    ["files", { "lib/.hidden": zeros }],
    ["files", { "shell.json": "x" }],
    ["unknown", 1],
  ])("refuses a manifest with %s %j", async (key, value) => {
    const problems = await problemsOf(await write({ [key]: value }));
    expect(problems[0]).toMatchObject({ rule: "bad-manifest", file: join(folder, "manifest.json") });
    for (const { what } of problems) expect(what).not.toMatch(/\n/);
  });

  it("names every file that is missing, changed or no plain file", async () => {
    await write();
    await rm(join(folder, "shell.json"));
    await writeFile(join(folder, "app.bit.bin"), "other");
    await rm(join(folder, "app.dtbo"));
    await symlink("/etc/passwd", join(folder, "app.dtbo"));
    const problems = await problemsOf(folder);
    expect(problems.map(({ rule, file }) => [rule, file])).toEqual([
      ["hash-mismatch", join(folder, "app.bit.bin")],
      ["missing-file", join(folder, "app.dtbo")],
      ["missing-file", join(folder, "shell.json")],
    ]);
  });

  it.each([
    ["an overlay that is missing", { "app.dtbo": null }, "missing-file", "the manifest has no app.dtbo"],
    ["no golden vectors", { "vectors/q2_K-0.bfqv": null }, "missing-file", "the manifest has no golden vectors"],
    [
      "a bitstream of another stem",
      { "app.bit.bin": null, "other.bit.bin": "bits" },
      "stem-mismatch",
      "the app is 'app', but a file is called other.bit.bin",
    ],
    [
      "an overlay that names another bitstream",
      { "app.dtbo": "other.bit.bin\0" },
      "stem-mismatch",
      "the firmware-name in app.dtbo is not app.bit.bin",
    ],
    [
      "a self-test for another processor",
      { "bin/bfq-selftest": "\x7fELF".padEnd(64, "\0") },
      "wrong-architecture",
      "bin/bfq-selftest is not built for aarch64",
    ],
  ] as const)("refuses %s", async (_, extra, rule, what) => {
    expect(await problemsOf(await write({}, extra))).toMatchObject([{ rule, what }]);
  });

  it.each([
    ["no folder", "nowhere", "no-package"],
    ["no manifest", "", "no-manifest"],
    ["no tar", "text", "bad-package"],
  ])("refuses %s", async (_, name, rule) => {
    await writeFile(join(folder, "text"), "this is no tar");
    expect(await problemsOf(join(folder, name))).toMatchObject([{ rule }]);
  });
});

it("both width registers of each port are named (UG1087: AFIFM2 is HP0)", () => {
  expect(afifmRegisters([hp0, { ...hp0, widthRegister: 0xfd3a0000 }])).toEqual({
    "0xfd380000": 128,
    "0xfd380014": 128,
    "0xfd3a0000": 128,
    "0xfd3a0014": 128,
  });
});
