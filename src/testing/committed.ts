import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { packageRoot } from "../paths.ts";

/** The command that the failure of a stale committed file names. */
export const updateCommand = "BFQ_UPDATE=1 npx vitest run";

/** The committed text of a file that the project prints itself; with BFQ_UPDATE=1 it is written first. */
export function committedText(path: string, fresh: string): string {
  const file = `${packageRoot}${path}`;
  if (process.env.BFQ_UPDATE === "1") {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, fresh);
  }
  return readFileSync(file, "utf8");
}
