import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeFormat } from "../emit/format-file.ts";
import { differingBits, vectorBytes, vectorFloats } from "../golden/testing/vectors.ts";
import { packageRoot } from "../paths.ts";
import { planFormat } from "../plan/format-plan.ts";
import type { MachineParameters } from "../plan/parameters.ts";
import { planAccelerator } from "../plan/plan.ts";
import { readAccelerator } from "../spec/accelerator.ts";
import { readFormat } from "../spec/parse-format.ts";
import { toolVersion } from "../version.ts";
import { bfq } from "./testing/bfq.ts";

const spec = "specs/accelerators/f-bfq.yaml";
const vectors = `${packageRoot}hw-tests/data/vectors`;
const model = `${packageRoot}hw-tests/data/kjv-2.5m/kjv2.5M-q2_k.gguf`;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(`${tmpdir()}/bfq-cli-`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("decode is bit-equal to ggml on all its vectors, corner blocks included", () => {
  it.each(["q2_K", "q3_K"])("%s", async (format) => {
    const out = `${folder}/${format}.f32`;
    const { exitCode } = await bfq([
      "decode",
      "--format",
      format,
      "--in",
      `${vectors}/${format}/blocks.bin`,
      "--out",
      out,
    ]);
    expect(exitCode).toBe(0);
    const got = new Float32Array(new Uint8Array(await readFile(out)).buffer);
    expect(differingBits(got, vectorFloats(`${format}/values.f32`))).toEqual([]);
  });
});

it("quantize --activation q8_K is byte-equal to ggml", async () => {
  const out = `${folder}/q8_K.bin`;
  const run = await bfq([
    "quantize",
    "--activation",
    "q8_K",
    "--in",
    `${vectors}/activations/q8_K/x.f32`,
    "--out",
    out,
    "--json",
  ]);
  expect(JSON.parse(run.stdout)).toMatchObject({ ok: true, activation: "q8_K" });
  expect(new Uint8Array(await readFile(out))).toEqual(vectorBytes("activations/q8_K/q.bin"));
});

it("check prints the plan", async () => {
  const { exitCode, stdout } = await bfq(["check", spec, "--json"]);
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ ok: true, plan: { name: "f-bfq", parameters: { LANES: 4, COLUMNS: 1 } } });
});

describe("check of a format by itself", () => {
  it("that hardware runs", async () => {
    const { exitCode, stdout } = await bfq(["check", "specs/formats/q4_K.yaml"]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^q4_K: 256 weights in 144 bytes/);
    expect(stdout).toContain("hardware runs it: name this file in `formats` of an accelerator spec");
  });

  it("for the golden model only, with the reason", async () => {
    const file = "specs/formats/mxfp8_e4m3.yaml";
    expect((await bfq(["check", file])).stdout).toMatch(/golden only .*\n(.*\n)*golden model only: decode and matmul/);
    expect(JSON.parse((await bfq(["check", file, "--json"])).stdout)).toMatchObject({
      ok: true,
      format: { name: "mxfp8_e4m3", hardware: false, goldenOnly: [{ rule: "hardware-level" }, {}] },
    });
  });

  it("with mistakes: those of formats, with their places", async () => {
    const file = `${folder}/bad-format.yaml`;
    await writeFile(file, "bfq: 1\nname: bad\nblock: { elements: 32, bytes: 18, sub-block: 32 }\n");
    const { exitCode, stderr } = await bfq(["check", file]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("bad-format.yaml:1:1: error[missing-key]: fields is missing");
    expect(stderr).not.toContain("lanes");
  });

  it("not with --yosys", async () => {
    const { exitCode, stderr } = await bfq(["check", "specs/formats/q4_K.yaml", "--yosys"]);
    expect([exitCode, stderr]).toEqual([
      2,
      "error[usage]: --yosys synthesises accelerators, and this is the spec of a format",
    ]);
  });
});

it("check fails where block memories don't fit the board", async () => {
  const large = `${folder}/large.yaml`;
  await writeFile(
    large,
    (await readFile(spec, "utf8")).replace(/columns: 1\nmax-k: 8192/, "columns: 8\nreplay: 2\nmax-k: 3072"),
  );
  const { exitCode, stdout } = await bfq(["check", large]);
  expect(exitCode).toBe(1);
  expect(stdout).toContain("memory blocks, HLS: 150 of 144 BRAM36, 0 of 64 URAM: TOO MANY");
});

it("formats lists every format", async () => {
  const { stdout } = await bfq(["formats", "--json"]);
  const names = JSON.parse(stdout).formats.map(({ name }: { name: string }) => name);
  expect(names).toEqual(expect.arrayContaining(["q2_K", "q3_K", "q4_K", "mxfp4"]));
});

describe("wrong use: exit 2 and a text that helps", () => {
  const x = () => `${folder}/x.f32`;
  const blocks = () => `${folder}/w.bin`;
  const table: { name: string; args: () => string[]; want: string }[] = [
    {
      name: "unknown verb",
      args: () => ["verfy"],
      want: "error[usage]: Did you mean verify?\n  fix: see `bfq --help`",
    },
    {
      name: "unknown format",
      args: () => ["decode", "--format", "q2_k", "--in", x(), "--out", x()],
      want: "error[unknown-format]: no format named 'q2_k'\n  fix: did you mean 'q2_K'?",
    },
    {
      name: "not whole blocks",
      args: () => ["decode", "--format", "q2_K", "--in", x(), "--out", `${folder}/y`],
      want: "x.f32: error[block-size]: 1024 bytes are not whole blocks of q2_K\n  why: a block has 84 bytes for 256 weights",
    },
    {
      name: "missing file",
      args: () => ["decode", "--format", "q2_K", "--in", `${folder}/none`, "--out", x()],
      want: "none: error[no-such-file]: cannot read the file (ENOENT)\n  fix: check the path",
    },
    {
      name: "tensor missing",
      args: () => [
        "matmul",
        spec,
        "--gguf",
        model,
        "--tensor",
        "blk.0.attn_k.wait",
        "--x",
        x(),
        "--out",
        `${folder}/y`,
      ],
      want: 'error[gguf-no-tensor]: there is no tensor "blk.0.attn_k.wait"',
    },
    {
      name: "format not in the variant",
      args: () => ["matmul", spec, "--gguf", model, "--tensor", "output.weight", "--x", x(), "--out", `${folder}/y`],
      want: "error[format-not-in-variant]: the variant has no format q6_K\n  fix: it takes q2_K, q3_K; --engine golden needs no variant",
    },
    {
      name: "K not a multiple of the block",
      args: () => [
        "matmul",
        spec,
        "--weights",
        blocks(),
        "--format",
        "q3_K",
        "--rows",
        "1",
        "--k",
        "300",
        "--x",
        x(),
        "--out",
        `${folder}/y`,
      ],
      want: "error[k-multiple]: K = 300 is not a multiple of the block of q3_K\n  why: a block has 256 weights",
    },
    {
      name: "wrong number of weights",
      args: () => [
        "matmul",
        spec,
        "--weights",
        x(),
        "--format",
        "q3_K",
        "--rows",
        "1",
        "--k",
        "256",
        "--x",
        x(),
        "--out",
        `${folder}/y`,
      ],
      want: "x.f32: error[weights-size]: 1024 bytes; 1 x 256 weights of q3_K have 110",
    },
    {
      name: "K too long",
      args: () => [
        "matmul",
        spec,
        "--weights",
        blocks(),
        "--format",
        "q3_K",
        "--rows",
        "1",
        "--k",
        "8448",
        "--x",
        x(),
        "--out",
        `${folder}/y`,
      ],
      want: "error[k-length]: K = 8448 is longer than the variant's max-k of 8192",
    },
    {
      name: "unknown engine",
      args: () => ["verify", spec, "--engine", "csin"],
      want: "error[unknown-engine]: no engine named 'csin'\n  fix: did you mean 'csim'?",
    },
    {
      name: "nothing to verify",
      args: () => ["verify", spec, "--gguf", model, "--tensor", "output.weight"],
      want: "error[nothing-to-verify]: no tensor of the model runs on the variant\n  why: output.weight (q6_K): q6_K is not in the variant: it needs 6 bits of a code; the machine has 3 (CODE_BITS)\n  fix: the variant takes q2_K, q3_K",
    },
    {
      name: "a number that is none",
      args: () => ["verify", spec, "--runs", "0"],
      want: "error[usage]: --runs is 0; it must be an integer from 1 to 10000",
    },
  ];
  beforeAll(async () => {
    await writeFile(x(), new Uint8Array(new Float32Array(256).buffer));
    await writeFile(blocks(), new Uint8Array((8448 / 256) * 110));
  });

  it.each(table)("$name", async ({ args, want }) => {
    const run = await bfq(args());
    expect(run.stderr).toContain(want);
    expect(run.exitCode).toBe(2);
    expect(run.stdout).toBe("");
  });

  describe("what yargs finds itself is wrong use too: exit 2, one object under --json", () => {
    it.each([
      ["no verb", [], "name a verb", "bfq --help"],
      ["unknown verb", ["verfy"], "Did you mean verify?", "bfq --help"],
      ["required options", ["matmul", spec], "Missing required arguments: x, out", "bfq matmul --help"],
      ["a check of the verb's", ["formats", "show"], "formats show needs a name", "bfq formats --help"],
      [
        "options that imply others",
        ["matmul", "--gguf", "g", "--x", "x", "--out", "y"],
        "Implications failed:\n gguf -> tensor",
        "bfq matmul --help",
      ],
      [
        "a choice",
        ["formats", "list"],
        'Invalid values:\n  Argument: action, Given: "list", Choices: "show", "add"',
        "bfq formats --help",
      ],
      ["unknown option", ["doctor", "--jsn"], "Unknown argument: jsn", "bfq doctor --help"],
    ])("%s", async (_, args, what, help) => {
      const run = await bfq([...args, "--json"]);
      expect(JSON.parse(run.stdout)).toEqual({
        ok: false,
        problems: [{ rule: "usage", what, fix: `see \`${help}\`` }],
      });
      expect([run.exitCode, run.stderr]).toEqual([2, ""]);
      const plain = await bfq(args);
      expect([plain.exitCode, plain.stdout]).toEqual([2, ""]);
      expect(plain.stderr).toBe(`error[usage]: ${what}\n  fix: see \`${help}\``);
    });
  });

  it("the family of a model alone is near enough for a guess", async () => {
    const run = await bfq(["estimate", spec, "--model", "tinylama", "--mix", "Q2_K"]);
    expect(run.stderr).toBe("error[unknown-model]: no model named 'tinylama'\n  fix: did you mean 'tinyllama-1.1b'?");
  });

  it("under --json the problems are the object on stdout", async () => {
    const run = await bfq(["decode", "--format", "nope", "--in", "a", "--out", "b", "--json"]);
    expect(run.exitCode).toBe(2);
    expect(JSON.parse(run.stdout)).toMatchObject({ ok: false, problems: [{ rule: "unknown-format" }] });
  });
});

describe("a format file instead of a name", () => {
  const own = () => `${folder}/e5m2.yaml`;
  beforeAll(async () => {
    const text = await readFile(`${packageRoot}specs/formats/mxfp8_e5m2.yaml`, "utf8");
    await writeFile(own(), text.replace("name: mxfp8_e5m2", "name: own_e5m2"));
    await writeFile(
      `${folder}/block.bin`,
      Uint8Array.from({ length: 33 }, (_, i) => (i === 0 ? 127 : 0x3c)),
    );
    await writeFile(`${folder}/x32.f32`, new Uint8Array(Float32Array.from({ length: 32 }, () => 1).buffer));
  });

  it("formats show", async () => {
    expect((await bfq(["formats", "show", own()])).stdout).toMatch(/^own_e5m2: 32 weights in 33 bytes/);
  });

  it("decode, and matmul on the golden model, which needs no accelerator, in a format that no hardware runs", async () => {
    const decoded = await bfq([
      "decode",
      "--format",
      own(),
      "--in",
      `${folder}/block.bin`,
      "--out",
      `${folder}/own.f32`,
    ]);
    expect(decoded.stdout).toContain("1 blocks of own_e5m2");
    const weights = ["--weights", `${folder}/block.bin`, "--format", own(), "--rows", "1", "--k", "32"];
    const run = await bfq(["matmul", ...weights, "--x", `${folder}/x32.f32`, "--out", `${folder}/y.f32`]);
    expect([run.stderr, run.exitCode]).toEqual(["", 0]);
    const [y] = new Float32Array(new Uint8Array(await readFile(`${folder}/y.f32`)).buffer);
    const values = new Float32Array(new Uint8Array(await readFile(`${folder}/own.f32`)).buffer);
    expect(y).toBeCloseTo(
      values.reduce((sum, value) => sum + value, 0),
      1,
    );
    const onHardware = await bfq(["matmul", ...weights, "--x", "x", "--out", "y", "--engine", "csim"]);
    expect(onHardware.stderr).toBe("error[usage]: engine csim runs a variant\n  fix: name an accelerator spec");
    const inVariant = await bfq(["matmul", spec, ...weights, "--x", "x", "--out", "y"]);
    expect(inVariant.stderr).toContain(`${own()}: error[hardware-level]: own_e5m2: some codes are not finite numbers`);
  });

  it("fit with a pure mix of it", async () => {
    const run = await bfq(["fit", spec, "--model", "tinyllama-1.1b", "--mix", `pure-${own()}`]);
    expect(run.stdout).toContain("own_e5m2");
    const taken = `${folder}/taken.yaml`;
    const text = await readFile(`${packageRoot}specs/formats/mxfp8_e5m2.yaml`, "utf8");
    await writeFile(taken, text.replace("name: mxfp8_e5m2", "name: q4_0"));
    const refused = await bfq(["fit", spec, "--model", "tinyllama-1.1b", "--mix", `pure-${taken}`]);
    expect(refused.stderr).toBe(
      "error[format-name]: q4_0 is the name of another format\n  fix: give yours a name of its own",
    );
  });
});

it("--version is the tool's, whatever project it runs in", async () => {
  expect((await bfq(["--version"])).stdout).toBe(toolVersion);
});

describe("a terminal of 60 columns", () => {
  it("turns a wide table into paragraphs, and help is no wider", async () => {
    for (const args of [["formats"], ["formats", "--help"], ["verify", "--help"]]) {
      const { stdout } = await bfq(args, { COLUMNS: "60" });
      for (const line of stdout.split("\n")) expect(line.length, line).toBeLessThanOrEqual(60);
    }
    const { stdout } = await bfq(["formats"], { COLUMNS: "60" });
    expect(stdout).toContain("q2_K: bits/weight 2.625, weights 256, bytes 84, activation\n  q8_K, hardware yes, ");
  });
});

describe("formats add", () => {
  const example = `${packageRoot}docs/examples/made_up3.yaml`;
  let parameters: MachineParameters;
  beforeAll(async () => {
    ({ parameters } = planAccelerator(await readAccelerator(`${packageRoot}specs/accelerators/everything.yaml`)));
    await writeFile(`${folder}/manifest.json`, JSON.stringify({ spec: "everything.yaml", parameters }));
  });

  it("says whether the machine takes the format, and writes it for the driver", async () => {
    const out = `${folder}/made_up3.bfqf`;
    const fits = await bfq(["formats", "add", example, "--to", folder]);
    expect(fits.stdout).toMatch(
      /^made_up3 fits the machine of everything.yaml: no new bitstream is needed.\ntile: \d+ words/,
    );
    const { stdout } = await bfq(["formats", "add", example, "--to", folder, "--out", out, "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, format: "made_up3", variant: "everything.yaml", out });
    const made = encodeFormat(planFormat(await readFormat(example)), parameters);
    expect(Buffer.compare(await readFile(out), made)).toBe(0);
  });

  it.each([
    ["the machine is too small", [example, "--to", "generated/f-bfq"], "made_up3 needs 4 bits of a level"],
    ["that is no variant", [example, "--to", `${packageRoot}specs`], "cannot read the file (ENOENT)"],
    ["--out without add", ["--out", "x"], "--out belongs to formats add"],
  ])("%s", async (_, args, text) => {
    const { stderr, exitCode } = await bfq(["formats", ...(args[0] === example ? ["add"] : []), ...args]);
    expect(stderr).toContain(text);
    expect(exitCode).toBe(2);
  });

  it("refuses blocks that a driver which was built without them has no room for", async () => {
    const spec = (await readFile(example, "utf8"))
      .replace("bytes: 53", "bytes: 600")
      .replace("padding:", "padding:\n    - { bits: 4, byte: 53, from: 1, shape: [1094], stride: [4] }");
    await writeFile(`${folder}/large.yaml`, spec);
    const args = ["formats", "add", `${folder}/large.yaml`, "--to", folder, "--out", `${folder}/large.bfqf`];
    const { stderr, exitCode } = await bfq(args);
    expect(stderr).toContain("made_up3 has blocks of 600 bytes; a driver that was built without it takes 512");
    expect(exitCode).toBe(2);
  });
});

it("formats show prints a codebook's levels", async () => {
  const levels = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];
  expect((await bfq(["formats", "show", "iq4_nl"])).stdout).toContain(levels.join(" "));
  expect(JSON.parse((await bfq(["formats", "show", "iq4_nl", "--json"])).stdout).levels).toEqual(levels);
});

describe("generate --check", () => {
  it("is fresh after generate, and names the repair command when a file was edited or is missing; the user's own are nobody's business", async () => {
    const out = `${folder}/variant`;
    expect((await bfq(["generate", spec, "-o", out])).exitCode).toBe(0);
    expect((await bfq(["generate", spec, "-o", out, "--check"])).exitCode).toBe(0);
    const manifest = JSON.parse(await readFile(`${out}/manifest.json`, "utf8"));
    const [first, second] = Object.keys(manifest.files);
    await writeFile(`${out}/${first}`, "// edited\n");
    await rm(`${out}/${second}`);
    await writeFile(`${out}/foreign.txt`, "");
    const run = await bfq(["generate", spec, "-o", out, "--check"]);
    expect(run.exitCode).toBe(1);
    expect(run.stdout.split("\n").slice(1)).toEqual([
      `  ${first} differs`,
      `  ${second} is missing`,
      `make it again: bfq generate ${spec} -o ${out}`,
    ]);
  });

  it("gives the same bytes for the same spec, with no absolute path", async () => {
    const texts: string[] = [];
    for (const name of ["one", "two"]) {
      await bfq(["generate", spec, "-o", `${folder}/${name}`]);
      texts.push(await readFile(`${folder}/${name}/manifest.json`, "utf8"));
    }
    expect(texts[0]).toBe(texts[1]);
    expect(texts[0]).not.toContain(packageRoot);
  });

  it("does not replace a folder that bfq did not make", async () => {
    const run = await bfq(["generate", spec, "-o", vectors]);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain("error[foreign-folder]");
  });
});

describe("a missing tool: exit 3, its name and how to get it", () => {
  it("verify", async () => {
    const run = await bfq(["verify", spec, "--engine", "csim"], { PATH: folder, BFQ_CACHE: `${folder}/cache` });
    expect(run.stderr).toContain("error[tool-missing]: g++ is not installed");
    expect(run.stderr).toContain("fix: apt install g++");
    expect(run.exitCode).toBe(3);
  });

  it("doctor", async () => {
    const run = await bfq(["doctor"], { PATH: folder });
    expect(run.stdout).toMatch(/^g\+\+ +missing +11 +engine csim +install: g\+\+$/m);
    expect(run.exitCode).toBe(3);
  });
});
