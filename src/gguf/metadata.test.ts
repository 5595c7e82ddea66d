import { closeSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Header, walkHeader } from "./header.ts";
import { checkAgreement, type Parsed, readMetadata } from "./metadata.ts";
import { HeaderReader } from "./reader.ts";
import { errorText, f32, folder, openBytes } from "./testing/fixtures.ts";
import { arrayValue, stringValue, u32, valueType, writeGguf } from "./testing/write-gguf.ts";

const header: Header = {
  keys: [{ key: "general.name" }],
  tensors: [{ name: "a", at: 50, type: 0, shape: [8n, 2n], offset: 0n }],
  alignment: 32,
  dataStart: 96n,
};
const parsed: Parsed = {
  metadata: { version: 3, "general.name": "x" },
  tensorInfos: [{ name: "a", dtype: 0, shape: [8n, 2n], offset: 0n }],
  tensorDataOffset: 96n,
};
const withTensor = (change: object): Parsed => ({ ...parsed, tensorInfos: [{ ...parsed.tensorInfos[0], ...change }] });

describe("the second reader, @huggingface/gguf", () => {
  it("agrees", () => {
    expect(() => checkAgreement(header, parsed, "model.gguf")).not.toThrow();
  });

  const differently = 'the GGUF parser reads tensor "a" differently';
  const disagreements: { name: string; parsed: Parsed; want: string }[] = [
    { name: "lost a key", parsed: { ...parsed, metadata: {} }, want: 'the GGUF parser lost key "general.name"' },
    {
      name: "lost a tensor",
      parsed: { ...parsed, tensorInfos: [] },
      want: "the GGUF parser sees 0 tensors from byte 96, bfq 1 from byte 96",
    },
    {
      name: "has a negative data offset",
      parsed: { ...parsed, tensorDataOffset: -2147483648n },
      want: "the GGUF parser sees 1 tensors from byte -2147483648, bfq 1 from byte 96",
    },
    { name: "another name", parsed: withTensor({ name: "b" }), want: differently },
    { name: "another type", parsed: withTensor({ dtype: 1 }), want: differently },
    { name: "another offset", parsed: withTensor({ offset: 32n }), want: differently },
    { name: "another shape", parsed: withTensor({ shape: [8n, 3n] }), want: differently },
    { name: "fewer dimensions", parsed: withTensor({ shape: [8n] }), want: differently },
  ];
  it.each(disagreements)("is not believed where it $name", async ({ parsed, want }) => {
    const message = await errorText((async () => checkAgreement(header, parsed, "model.gguf"))());
    expect(message).toBe(
      `model.gguf: error[gguf-parser]: ${want}\n` +
        "  why: bfq reads each header twice, by its own checks and by @huggingface/gguf, and the two must agree\n" +
        "  fix: download or convert the file again; if that does not help, report the file to bfq",
    );
  });

  it("loses a key named __proto__, which is noticed and pollutes nothing", async () => {
    const polluting = arrayValue(valueType.u32, [u32(1)]);
    const open = openBytes(writeGguf({ keys: [["__proto__", polluting]], tensors: [f32] }));
    expect(await errorText(open)).toContain('error[gguf-parser]: the GGUF parser lost key "__proto__"');
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });

  it("puts its counts among the metadata, where only the keys of the file belong", async () => {
    const file = await openBytes(writeGguf({ keys: [["version", stringValue("1.0")]], tensors: [f32] }));
    expect(file.metadata).toEqual({ version: "1.0" });
  });

  it("gets a local path even where it looks like a URL", async () => {
    const bytes = writeGguf({ keys: [["general.name", stringValue("local")]], tensors: [f32] });
    const before = process.cwd();
    process.chdir(folder);
    mkdirSync("https:");
    writeFileSync("https:/model.gguf", bytes);
    const fd = openSync("https:/model.gguf", "r");
    try {
      const reader = new HeaderReader("https://model.gguf", fd, BigInt(bytes.length));
      expect(await readMetadata(walkHeader(reader), reader)).toEqual({ "general.name": "local" });
    } finally {
      closeSync(fd);
      process.chdir(before);
    }
  });
});
