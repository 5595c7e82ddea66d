import { open, readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type GgufFile, openGguf, plainTypes, type TypeSizes, type Wanted } from "../gguf/gguf.ts";
import { nearest } from "../nearest.ts";
import { specsFolder } from "../paths.ts";
import { printable, quote } from "../printable.ts";
import { userError } from "../problem.ts";
import type { Format } from "../spec/format.ts";
import { readLibrary, withFormats } from "../spec/library.ts";
import { modelOfGguf } from "./gguf-model.ts";
import type { Model } from "./model.ts";
import { modelOfMix } from "./model-mix.ts";
import { type ModelYaml, readModelSpec } from "./model-spec.ts";
import { ownFormats } from "./own-formats.ts";

/** A model and every format that it, bfq or the user has, by name. */
export interface ModelWithFormats {
  model: Model;
  library: ReadonlyMap<string, Format>;
}

/**
 * Opens a model: a name of specs/models, a model spec (.yaml), or a GGUF file of any name, of which the header is read.
 * @param mix quantisation of a model spec; a GGUF file has its types
 * @param library all formats, where a user's own are among them
 * @throws UserError
 */
export async function openModel(
  model: string,
  mix?: string,
  library?: ReadonlyMap<string, Format>,
): Promise<ModelWithFormats> {
  const named = await specOf(model);
  if (named === undefined) {
    if (mix !== undefined) throw userError("usage", "a GGUF file has its types: leave --mix out");
    const { file, typeNames, formats } = await openWeights(model, "header", [...(library?.values() ?? [])]);
    return { model: modelOfGguf(file, typeNames), library: formats };
  }
  const yaml = await readModelSpec(named);
  if (mix === undefined) {
    throw userError("usage", `${yaml.name} needs --mix`, { fix: `one of ${Object.keys(yaml.mixes).join(", ")}` });
  }
  const all = library ?? (await readLibrary());
  return { model: modelOfMix(yaml, mix, all), library: all };
}

/** A model spec: a name of specs/models, or a YAML file. @throws UserError */
export async function chooseModelSpec(model: string): Promise<ModelYaml> {
  const named = await specOf(model);
  if (named !== undefined) return readModelSpec(named);
  throw userError("model-spec", "this is no model spec; one takes any format, a GGUF file has its types", {
    file: model,
    fix: "give a name of specs/models, or a .yaml file",
  });
}

/** The model spec that is meant; undefined for a GGUF file. */
async function specOf(model: string): Promise<string | undefined> {
  const names = (await readdir(`${specsFolder}/models`)).map((file) => basename(file, ".yaml"));
  if (names.includes(model)) return `${specsFolder}/models/${model}.yaml`;
  if (await isGguf(model)) return undefined;
  if (/\.ya?ml$/i.test(model)) return model;
  const isPath = await stat(model).then(
    () => true,
    () => /\.gguf$|[/\\]/i.test(model),
  );
  if (isPath) return undefined;
  // The family alone is often what someone types.
  const family = (name: string) => name.split("-")[0];
  const near = nearest(model, names.map(family));
  const guess = nearest(model, names) ?? names.find((name) => family(name) === near);
  throw userError("unknown-model", `no model named '${printable(model)}'`, {
    fix: guess ? `did you mean '${guess}'?` : `known models: ${names.join(", ")}; or give a .yaml or GGUF file`,
  });
}

/** By the first four bytes: downloads, blobs and renamed files have all kinds of names. */
async function isGguf(path: string): Promise<boolean> {
  try {
    if (!(await stat(path)).isFile()) return false;
    const handle = await open(path, "r");
    try {
      const magic = new Uint8Array(4);
      const { bytesRead } = await handle.read(magic, 0, 4, 0);
      return bytesRead === 4 && Buffer.from(magic).toString("latin1") === "GGUF";
    } finally {
      await handle.close();
    }
  } catch {
    return false; // the error of whoever opens it says more
  }
}

/** A GGUF file whose types are known: their names by number, and the block formats by name. */
export interface Weights {
  file: GgufFile;
  typeNames: ReadonlyMap<number, string>;
  formats: ReadonlyMap<string, Format>;
}

/**
 * Opens a GGUF file with the block sizes of all known formats, of `formats`, a user's own, and of those that the file brings
 * along; a split model with all its parts.
 */
export async function openWeights(
  path: string,
  wanted: Wanted = "data",
  formats: readonly Format[] = [],
): Promise<Weights> {
  const library = new Map(withFormats(await readLibrary(), formats));
  let file = await openParts(path, typeSizes(library), wanted);
  const own = ownFormats(file, library);
  for (const format of own) library.set(format.name, format);
  const sizes = typeSizes(library);
  if (own.length > 0) file = await openParts(path, sizes, wanted);
  const names = [...plainTypes, ...sizes].map(([type, { name }]) => [type, name] as const);
  return { file, typeNames: new Map(names), formats: library };
}

function typeSizes(library: ReadonlyMap<string, Format>): TypeSizes {
  const known = [...library.values()].filter((format) => format.ggmlType !== undefined);
  return new Map(known.map(({ ggmlType, elements, bytes, name }) => [ggmlType!, { elements, bytes, name }]));
}

/** The most parts that are opened. */
const mostParts = 999;

async function openParts(path: string, sizes: TypeSizes, wanted: Wanted): Promise<GgufFile> {
  const given = await openGguf(path, sizes, wanted);
  const count = Number(given.metadata.get("split.count") ?? 1);
  if (count === 1) return given;
  const number = (part: number) => String(part).padStart(5, "0");
  const name = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/s.exec(basename(path));
  if (!name || name[3] !== number(count) || !Number.isInteger(count) || count < 1 || count > mostParts) {
    throw userError("split-name", `a part of a model that was split in ${count}, under another name`, {
      why: "the other parts are found by their names: NAME-00001-of-00003.gguf",
      fix: "give the parts the names that they came with",
      file: path,
    });
  }
  const files: GgufFile[] = [];
  for (let part = 1; part <= count; part++) {
    const sibling = join(dirname(path), `${name[1]}-${number(part)}-of-${number(count)}.gguf`);
    const isThere = await stat(sibling).then(
      () => true,
      () => false,
    );
    if (!isThere) {
      throw userError("split-part", `part ${part} of ${count} is missing: ${quote(basename(sibling))}`, {
        fix: "put all parts into one folder",
        file: path,
      });
    }
    const file = part === Number(name[2]) ? given : await openGguf(sibling, sizes, wanted);
    if (Number(file.metadata.get("split.no")) !== part - 1 || Number(file.metadata.get("split.count")) !== count) {
      throw userError("split-part", `it is not part ${part} of ${count}, as its name says`, { file: sibling });
    }
    files.push(file);
  }
  const tensors = files.flatMap((file) => file.tensors);
  const total = Number(given.metadata.get("split.tensors.count") ?? tensors.length);
  if (total !== tensors.length || new Set(tensors.map(({ name }) => name)).size !== total) {
    throw userError("split-part", `the parts have ${tensors.length} tensors, the model ${total}`, {
      fix: "download the parts again: they belong to different models",
      file: path,
    });
  }
  const missing = files.reduce((sum, file) => sum + file.missing, 0);
  // The first part has the model's metadata.
  return { ...files[0], tensors, missing };
}
