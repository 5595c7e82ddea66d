import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bfq } from "../src/cli/testing/bfq.ts";
import { writeGguf } from "../src/gguf/testing/write-gguf.ts";
import { decode } from "../src/golden/decode.ts";
import { checkBitstream } from "../src/kria/build/bitstream.ts";
import { openModel } from "../src/model/open-model.ts";
import { modelHeaders } from "../src/model/testing/model-headers.ts";
import { packageRoot } from "../src/paths.ts";
import { readFormat } from "../src/spec/parse-format.ts";

// Outside truth: what ggml takes, and what the reports say was wrong (hw-tests/data/reports).
const folder = `${packageRoot}hw-tests/data/reports`;
const kQuants = "specs/accelerators/k-quants.yaml";
let temporary: string;

beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), "bfq-reports-"));
});
afterAll(() => rm(temporary, { recursive: true }));

/** What must not reach a terminal: all that is invisible, but line ends. */
const unsafe = /[^\P{C}\n]|[\u2028\u2029]/u;

describe("GGUF files", () => {
  it.each(["zero-first", "zero", "scalar", "odd", "rtl-tensor", "space-key", "head", "exps"])(
    "%s: a header is enough, and every tensor has its place",
    async (name) => {
      const { model } = await openModel(`${folder}/${name}.gguf`);
      expect(model.notes.join()).toContain("the header is whole");
      expect(model.tensors.length).toBeGreaterThan(0);
      expect(model.name).not.toMatch(unsafe);
    },
  );

  it("an empty tensor and a scalar are no matrices", async () => {
    for (const name of ["zero-first", "zero", "scalar"]) {
      const { tensors } = (await openModel(`${folder}/${name}.gguf`)).model;
      const odd = tensors.filter(({ rows, k }) => rows * k <= 1);
      expect(odd.map(({ use }) => use)).toEqual(["other"]);
    }
  });

  it("a file of nothing but experts has matrices, for the CPU", async () => {
    const { tensors } = (await openModel(`${folder}/exps.gguf`)).model;
    expect(tensors).toMatchObject([{ role: "ffn_gate_exps", use: "expert", layer: 0 }]);
  });

  it.each([
    ["lora", "a LoRA adapter, not a model"],
    ["vocab", "a vocabulary (it has no tensors), not a model"],
    ["imatrix", "an importance matrix, not a model"],
  ])("%s is called what it is", async (name, want) => {
    await expect(openModel(`${folder}/${name}.gguf`)).rejects.toThrow(want);
  });

  it("names of models and tensors steer no terminal, as text or as JSON", async () => {
    for (const name of ["odd", "rtl-tensor"]) {
      for (const json of [[], ["--json"]]) {
        const { stdout, stderr } = await bfq(["fit", kQuants, "--model", `${folder}/${name}.gguf`, ...json]);
        expect(stdout.length).toBeGreaterThan(100);
        expect(stdout + stderr).not.toMatch(unsafe);
      }
    }
  });

  it("are known by their first bytes, under any name and through a link", async () => {
    const bytes = writeGguf(modelHeaders.get("smollm2-135m-q4_k_m")!);
    for (const name of ["Model.GGUF", "model.gguf.part", `sha256-${"0".repeat(64)}`, "model"]) {
      await writeFile(join(temporary, name), bytes);
      expect((await openModel(join(temporary, name))).model.name).toBe("smollm2-135m-q4_k_m");
    }
    await symlink("Model.GGUF", join(temporary, "link"));
    expect((await openModel(join(temporary, "link"))).model.layers).toBe(30);
  });
});

describe("specs", () => {
  it("with Windows line ends, with and without byte order mark, are read; UTF-16 is refused with that word", async () => {
    const crlf = await readFile(`${folder}/crlf.yaml`, "utf8");
    const lf = crlf.replaceAll("\r\n", "\n").replace("\ufeff", "");
    const file = join(temporary, "windows.yaml");
    const read = async (bytes: string | Uint8Array) => {
      await writeFile(file, bytes);
      return (await readFormat(file)).bytes;
    };
    const want = await read(lf);
    expect(await read(lf.replaceAll("\n", "\r\n"))).toBe(want);
    expect(await read(`\ufeff${lf.replaceAll("\n", "\r\n")}`)).toBe(want);
    for (const mark of ["\ufeff", ""]) {
      const little = Buffer.from(mark + lf, "utf16le");
      await expect(read(little)).rejects.toThrow("error[spec-encoding]: the spec is UTF-16 text");
      await expect(read(Buffer.from(little).swap16())).rejects.toThrow("UTF-16");
    }
  });
});

describe("formats", () => {
  const check = async (name: string) => {
    const file = `${folder}/${name}.yaml`;
    const { exitCode, stdout, stderr } = await bfq(["check", file, "--json"]);
    expect([exitCode, stderr]).toEqual([0, ""]);
    const { goldenOnly = [], ...format } = JSON.parse(stdout).format;
    expect(format.hardware).toBe(goldenOnly.length === 0);
    return { format, limits: goldenOnly.map(({ what }: { what: string }) => what).join("\n") };
  };

  it.each(["bfp16_sm", "bfp16_tc", "bfp16_x4"])(
    "%s: sub-blocks of 8 are for the golden model, and why",
    async (name) => {
      const { limits } = await check(name);
      expect(limits).toContain(`${name}: sub-block of 8; the machine takes powers of two from 16 to 256`);
    },
  );

  it("bfp16_tc: the golden model decodes it to mantissa times 2^(exponent - 127 - 6)", async () => {
    const codes = [0, 1, -1, 64, -64, 127, -128, 3];
    const block = Uint8Array.from([130, ...codes]); // 2^3 for a mantissa of 64: one of 6 bits below the point
    const values = decode(await readFormat(`${folder}/bfp16_tc.yaml`), block);
    expect([...values]).toEqual(codes.map((code) => code * 2 ** (130 - 127 - 6)));
  });

  it("int4_row: one scale for 4096 weights is for the golden model: a tile has 256 columns", async () => {
    const { limits } = await check("int4_row");
    expect(limits).toContain("int4_row: blocks of 4096 weights do not divide a tile of 256 columns");
    expect(limits).toContain("int4_row: d group of 4096; the machine takes powers of two from 16 to 256");
  });

  it("stq1_0: a grid beside its YAML, and hardware runs it", async () => {
    const { format, limits } = await check("stq1_0");
    expect(limits).toBe("");
    expect(format).toMatchObject({
      elements: 256,
      bytes: 42,
      hardware: true,
      levels: expect.arrayContaining([-1, 0, 1]),
    });
  });
});

describe("bitstreams", () => {
  const part = "xck26-sfvc784-2LV-c";
  const check = async (name: string) => checkBitstream(await readFile(`${folder}/${name}`), part, name);

  it("a whole .bit of the part is taken, in whatever case Vivado wrote it", async () => {
    await expect(check("kria.bit")).resolves.toBeUndefined();
  });

  it.each([
    ["empty.bit", "an empty file, not a .bit"],
    ["archive.xsa", "a ZIP archive (an .xsa, in which a .bit lies), not a .bit"],
    ["kria.bin", "a byte-swapped configuration (.bin of bootgen), not a .bit"],
    ["kria.bit.bin", "a byte-swapped configuration (.bin of bootgen), not a .bit"],
    ["renamed.bit", "a byte-swapped configuration (.bin of bootgen), not a .bit"],
    ["raw.bit", "a configuration without header (.bin), not a .bit"],
    ["truncated.bit", "its header promises 4148 bytes of configuration, the file has 3148"],
    ["zcu102.bit", `it is for the part "xczu9eg-ffvb1156-2-e", the board has ${part}`],
    ["zynq7020.bit", `it is for the part "7z020clg400", the board has ${part}`],
  ])("%s: %s", async (name, want) => {
    await expect(check(name)).rejects.toThrow(`${name}: error[bitstream]: ${want}`);
  });
});
