import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { madeUpBitstream } from "../kria/build/testing/bitstream.ts";
import { tree } from "../output/testing/tree.ts";
import { packageRoot } from "../paths.ts";
import * as build from "./build.ts";
import * as decode from "./decode.ts";
import * as generate from "./generate.ts";
import * as matmul from "./matmul.ts";
import * as quantize from "./quantize.ts";
import { bfq } from "./testing/bfq.ts";
import * as verify from "./verify.ts";

// Truth: the user's bytes. Every verb that writes, on what is not bfq's.
const spec = `${packageRoot}specs/accelerators/f-bfq.yaml`;
const base = mkdtempSync(join(tmpdir(), "bfq-foreign-"));
afterAll(() => rmSync(base, { recursive: true }));

const blocks = join(base, "blocks.bin");
writeFileSync(blocks, new Uint8Array(84));
const bitstream = join(base, "made-up.bit");
writeFileSync(bitstream, madeUpBitstream());
const floats = join(base, "x.f32");
writeFileSync(floats, new Uint8Array(1024));

let area: string;
let out: string;
let said: string;
beforeEach(() => {
  area = mkdtempSync(join(base, "area-"));
  out = join(area, "out");
  said = "";
  const listen = (text: unknown) => {
    said += text;
    return true;
  };
  vi.spyOn(process.stderr, "write").mockImplementation(listen);
  vi.spyOn(process.stdout, "write").mockImplementation(listen);
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = 0;
});

function put(path: string, text: string): void {
  mkdirSync(dirname(join(area, path)), { recursive: true });
  writeFileSync(join(area, path), text);
}
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const record = (files: Record<string, string>) => JSON.stringify({ tool: "bfq", files });

interface Case {
  name: string;
  make(): void;
  /** What -o names, where it is not the folder `out`. */
  named?: () => string;
  says: RegExp;
}

const common = { json: false, verbose: false };
const folderVerbs = {
  generate: (folder: string) => generate.handler({ ...common, spec, out: folder, check: false, force: true }),
  build: (folder: string) =>
    build.handler({ ...common, spec, out: folder, bitstream, cosim: false, prepare: false, jobs: 4, force: true }),
  prepare: (folder: string) =>
    build.handler({ ...common, spec, out: folder, tool: "vivado", cosim: false, prepare: true, jobs: 4, force: true }),
};
const records = { generate: "manifest.json", build: "build.json", prepare: "build.json" };

const verbs = ["generate", "build", "prepare"] as const;

describe.each(verbs)("%s leaves each byte as it was, even with --force:", (verb) => {
  const own = records[verb];
  const firstFile = verb === "generate" ? "driver/CMakeLists.txt" : "variant/driver/CMakeLists.txt";
  const cases: Case[] = [
    { name: "a file", make: () => put("out", "thesis"), says: /foreign-folder.*it is a file/ },
    {
      name: "a file, a slash after it",
      make: () => put("out", "thesis"),
      named: () => `${out}/`,
      says: /it is a file/,
    },
    {
      name: "a link to a folder",
      make: () => {
        put("elsewhere/thesis", "thesis");
        symlinkSync("elsewhere", out);
      },
      says: /it is a symbolic link/,
    },
    {
      name: "a link to an empty folder, a slash after it",
      make: () => {
        mkdirSync(join(area, "elsewhere"));
        symlinkSync("elsewhere", out);
      },
      named: () => `${out}/`,
      says: /it is a symbolic link/,
    },
    { name: "a link to nothing", make: () => symlinkSync("nothing", out), says: /it is a symbolic link/ },
    {
      name: "a folder of files",
      make: () => put("out/thesis", "thesis"),
      says: /foreign-folder.*holds files but no/,
    },
    {
      name: "a folder of files, slashes after it",
      make: () => put("out/thesis", "thesis"),
      named: () => `${out}//.`,
      says: /holds files but no/,
    },
    {
      name: "the record of someone else",
      make: () => {
        put(`out/${own}`, '{ "name": "a PWA", "icons": [], "files": {} }');
        put("out/index.html", "<html>");
      },
      says: /foreign-folder.*is not bfq's/,
    },
    { name: "a record that is no JSON", make: () => put(`out/${own}`, "{"), says: /is not bfq's/ },
    {
      name: "a record that lists what lies outside",
      make: () => {
        put("victim", "v");
        put(`out/${own}`, record({ "../victim": sha256("v") }));
      },
      says: /is not bfq's/,
    },
    {
      name: "a record that is a link",
      make: () => {
        put("record", record({}));
        put("out/thesis", "thesis");
        symlinkSync("../record", join(out, own));
      },
      says: /is not bfq's/,
    },
    {
      name: "a listed file behind a link that leads out",
      make: () => {
        put("elsewhere/a", "a");
        put(`out/${own}`, record({ "rtl/a": sha256("a") }));
        symlinkSync("../elsewhere", join(out, "rtl"));
      },
      says: /in-the-way/,
    },
    {
      name: "the user's file where a new one would go",
      make: () => {
        put(`out/${own}`, record({}));
        put(`out/${firstFile}`, "mine");
      },
      says: /in-the-way/,
    },
    {
      name: "a folder where a listed file was",
      make: () => {
        put(`out/${own}`, record({ a: sha256("a") }));
        put("out/a/mine", "mine");
      },
      says: /in-the-way/,
    },
  ];
  it.each(cases)("$name", async ({ make, named, says }) => {
    make();
    const before = tree(area);
    await folderVerbs[verb](named?.() ?? out);
    expect(said).toMatch(says);
    expect(process.exitCode).toBe(2);
    expect(tree(area)).toEqual(before);
  });

  it("without --force: a listed file that was changed", async () => {
    put(`out/${own}`, record({ a: sha256("a") }));
    put("out/a", "changed");
    const before = tree(area);
    const options = { ...common, spec, out, force: false };
    if (verb === "generate") await generate.handler({ ...options, check: false });
    else if (verb === "build") await build.handler({ ...options, bitstream, cosim: false, prepare: false, jobs: 4 });
    else await build.handler({ ...options, tool: "vivado", cosim: false, prepare: true, jobs: 4 });
    expect(said).toMatch(/file-changed/);
    expect(tree(area)).toEqual(before);
  });
});

const fileVerbs: Record<string, (file: string) => Promise<void>> = {
  decode: (file) => decode.handler({ ...common, format: "q2_K", in: blocks, out: file }),
  quantize: (file) => quantize.handler({ ...common, activation: "q8_0", in: floats, out: file }),
  matmul: (file) => {
    const weights = { weights: blocks, format: "q2_K", rows: 1, k: 256 };
    return matmul.handler({ ...common, spec, engine: "golden", ...weights, x: floats, columns: 1, out: file });
  },
  "verify --trace": (file) =>
    verify.handler({ ...common, spec, engine: "rtl", columns: 1, runs: 1, seed: 1, trace: file, tile: "0,0" }),
};

describe.each(Object.keys(fileVerbs))("%s writes one file, and", (verb) => {
  const refused: Case[] = [
    { name: "no folder", make: () => put("out/thesis", "thesis"), says: /not-a-file.*it is a folder/ },
    { name: "no empty folder", make: () => mkdirSync(out), says: /it is a folder/ },
    {
      name: "no file with a slash after it",
      make: () => put("out", "x"),
      named: () => `${out}/`,
      says: /it is the name of a folder/,
    },
    {
      name: "no new name with a slash after it",
      make: () => {},
      named: () => `${out}/`,
      says: /it is the name of a folder/,
    },
    {
      name: "no link to a folder",
      make: () => {
        put("elsewhere/thesis", "thesis");
        symlinkSync("elsewhere", out);
      },
      says: /symbolic link to a folder/,
    },
    { name: "no link to nothing", make: () => symlinkSync("nothing", out), says: /symbolic link to nothing/ },
    {
      name: "nothing below a file",
      make: () => put("out", "x"),
      named: () => `${out}/y`,
      says: /write-failed.*ENOTDIR/,
    },
  ];
  it.each(refused)("$name", async ({ make, named, says }) => {
    make();
    const before = tree(area);
    await fileVerbs[verb](named?.() ?? out);
    expect(said).toMatch(says);
    expect(process.exitCode).toBe(2);
    expect(tree(area)).toEqual(before);
  });
});

describe("a link to a file stays, and its target is replaced", () => {
  it("decode", async () => {
    put("target", "old");
    symlinkSync("target", out);
    await fileVerbs.decode(out);
    expect(Object.entries(tree(area)).map(([name, text]) => [name, text.length])).toEqual([
      ["out", "-> target".length],
      ["target", 1024],
    ]);
  });
});

describe("disks", () => {
  // A file system that is full or read-only, as root sees it: stand-ins for the calls, loaded before the command.
  const broken = (code: string) => {
    const stub = join(base, `${code}.mjs`);
    const text = `import fs from "node:fs"; import { syncBuiltinESMExports } from "node:module";
      for (const name of ["writeFileSync", "mkdirSync"]) { const real = fs[name]; fs[name] = (path, ...rest) => {
        if (String(path).startsWith(${JSON.stringify(base)})) throw Object.assign(new Error("${code}"), { code: "${code}", syscall: "write" });
        return real(path, ...rest); }; }
      syncBuiltinESMExports();`;
    writeFileSync(stub, text);
    return { NODE_OPTIONS: `--import=${stub}` };
  };

  it.each(["ENOSPC", "EROFS"])("%s: our error, and nothing is left or lost", async (code) => {
    put("out/a", "a");
    put("out/manifest.json", record({ a: sha256("a") }));
    put("y.f32", "old");
    const before = tree(area);
    const runs = [
      ["generate", spec, "-o", out],
      ["generate", spec, "-o", join(area, "new/er")],
      ["decode", "--format", "q2_K", "--in", blocks, "--out", join(area, "y.f32")],
    ];
    for (const args of runs) {
      const { stderr, exitCode } = await bfq(args, broken(code));
      expect(stderr).toContain(`error[write-failed]: cannot write it (${code})\n  fix:`);
      expect(stderr).not.toMatch(/^\s+at /m);
      expect(exitCode).toBe(2);
    }
    expect(tree(area)).toEqual(before);
  });

  it("stdout that is full, and one that nobody reads on", () => {
    const main = `${packageRoot}dist/cli/main.js`;
    const shell = (line: string) =>
      execFileSync("bash", ["-c", `${line} 2>&1`], { encoding: "utf8", cwd: packageRoot, env: { ...process.env } });
    expect(shell(`"${process.execPath}" "${main}" formats 2>&1 >/dev/full; echo "ended with $?"`)).toBe(
      "stdout: error[write-failed]: cannot write it (ENOSPC)\n  fix: the disk is full: make room\nended with 2\n",
    );
    expect(shell(`"${process.execPath}" "${main}" formats | head -c 10 >/dev/null; echo "\${PIPESTATUS[0]}"`)).toBe(
      "0\n",
    );
  });
});
