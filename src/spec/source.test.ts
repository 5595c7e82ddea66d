import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readFormat } from "./parse-format.ts";
import { SpecSource } from "./source.ts";
import { complaint, goodFormat } from "./testing/bad-spec.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(`${tmpdir()}/bfq-spec-`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The complaint about a file, without the folder. */
async function about(name: string, bytes?: string | Uint8Array): Promise<string> {
  const file = `${folder}/${name}`;
  if (bytes !== undefined) await writeFile(file, bytes);
  return (await complaint(() => readFormat(file))).replaceAll(`${folder}/`, "");
}

it("a file that is not there", async () => {
  expect(await about("none.yaml")).toBe(
    "none.yaml: error[no-such-file]: cannot read the spec (ENOENT)\n  fix: check the path",
  );
});

it("a folder", async () => {
  expect(await about("")).toContain("error[no-such-file]: the spec is not a file\n  fix: check the path");
});

it("a device that never ends", async () => {
  expect(await complaint(() => readFormat("/dev/zero"))).toBe(
    "/dev/zero: error[no-such-file]: the spec is not a file\n  fix: check the path",
  );
});

it("a huge file", async () => {
  expect(await about("huge.yaml", "#".repeat(70000))).toBe(
    "huge.yaml: error[spec-too-large]: the spec has 70000 bytes; 65536 are allowed\n  fix: is this the right file?",
  );
});

it("a file that is not text", async () => {
  expect(await about("binary.yaml", Uint8Array.of(0x62, 0xff, 0xfe, 0x00))).toBe(
    "binary.yaml: error[spec-encoding]: the spec is not UTF-8 text\n  fix: save it as UTF-8",
  );
});

it("a good file, with a byte order mark and CRLF", async () => {
  expect(await about("good.yaml", `\ufeff${goodFormat.replaceAll("\n", "\r\n")}`)).toBe("no complaint");
});

it("places of keys, values and of what is missing", () => {
  const source = SpecSource.parse("a: 1\nb:\n  - c: 2\n    d: [3, 4]\n", "x.yaml");
  const place = (path: PropertyKey[], atKey = false) => {
    const { line, column } = source.at(path, atKey);
    return `${line}:${column}`;
  };
  expect(place([])).toBe("1:1");
  expect(place(["a"])).toBe("1:4");
  expect(place(["a"], true)).toBe("1:1");
  expect(place(["b", 0, "d", 1])).toBe("4:12");
  expect(place(["b", 0, "d"], true)).toBe("4:5");
  expect(place(["b", 0, "e"])).toBe("3:5");
  expect(place(["b", 7, "e"])).toBe("3:3");
});
