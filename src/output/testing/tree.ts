import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** Everything below a folder: text of files, targets of links; folders are there where something is in them, or as "". */
export function tree(folder: string, prefix = ""): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    const info = lstatSync(path);
    if (info.isSymbolicLink()) found[prefix + name] = `-> ${readlinkSync(path)}`;
    else if (info.isFile()) found[prefix + name] = readFileSync(path, "latin1");
    else if (readdirSync(path).length === 0) found[`${prefix}${name}/`] = "";
    else Object.assign(found, tree(path, `${prefix}${name}/`));
  }
  return found;
}
