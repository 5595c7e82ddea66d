import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { userError } from "../../problem.ts";

/** Where kernel packages keep device trees, below a folder per kernel: Debian's for arm64, Ubuntu's for Kria. */
const places = [
  { folder: "/usr/lib", kernel: /^linux-image-/, trees: "xilinx" },
  { folder: "/usr/lib/firmware", kernel: /^\d/, trees: "device-tree/xilinx" },
] as const;

const list = (folder: string) => readdir(folder).catch(() => []);

/**
 * The K26's own device trees, to try an overlay on, one of a name; those without symbols take none.
 * @param folder where they lie, else this machine's kernel packages are looked through
 * @throws UserError where a folder that is named has none
 */
export async function findTrees(folder?: string): Promise<string[]> {
  const byName = new Map<string, string>();
  for (const from of folder === undefined ? await treeFolders() : [folder])
    for (const name of (await list(from)).sort())
      if (/k26.*\.dtb$/.test(name) && (await readFile(join(from, name))).includes("__symbols__"))
        byName.set(name, join(from, name));
  if (folder !== undefined && byName.size === 0)
    throw userError("no-device-trees", "no device tree of a K26 with symbols", {
      file: folder,
      why: "the overlay is tried on them: files named *k26*.dtb",
      fix: "unpack Debian's linux-image-arm64 (dpkg-deb -x); they lie in its usr/lib/linux-image-*/xilinx",
    });
  return [...byName.values()];
}

async function treeFolders(): Promise<string[]> {
  const found = await Promise.all(
    places.map(async ({ folder, kernel, trees }) =>
      (await list(folder)).filter((name) => kernel.test(name)).map((name) => join(folder, name, trees)),
    ),
  );
  return found.flat().sort();
}
