import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeFailed } from "./file.ts";
import { onInterrupt } from "./interrupt.ts";

export interface TemporaryFolder {
  path: string;
  /** To be called at the end; an interrupt does it too. */
  remove(): void;
}

/** @throws UserError where none can be made */
export function temporaryFolder(name: string): TemporaryFolder {
  let path: string;
  try {
    path = mkdtempSync(join(tmpdir(), `bfq-${name}-`));
  } catch (error) {
    throw writeFailed(tmpdir(), error, "name another folder for temporary files: TMPDIR=FOLDER");
  }
  const removeAll = () => rmSync(path, { recursive: true, force: true });
  const forget = onInterrupt(removeAll);
  const remove = () => {
    removeAll();
    forget();
  };
  return { path, remove };
}
