import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { basename, dirname, join, resolve } from "node:path";

export interface Lock {
  release(): Promise<void>;
}

/**
 * The lock of a path that need not exist yet; nothing where another process, or this one, holds it. It is a socket in
 * Linux' abstract namespace: no file, and gone with its process, however that ended. Elsewhere nothing is locked.
 */
export function tryLock(path: string): Promise<Lock | undefined> {
  if (process.platform !== "linux") return Promise.resolve({ release: async () => {} });
  const name = createHash("sha256").update(realPath(path)).digest("hex");
  const server = createServer().unref();
  return new Promise((done, failed) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") done(undefined);
      else failed(error);
    });
    server.listen(`\0bfq-${name}`, () => done({ release: () => closed(server) }));
  });
}

const closed = (server: Server) => new Promise<void>((done) => server.close(() => done()));

/** Without the links of those parents that are there. */
function realPath(path: string): string {
  const whole = resolve(path);
  try {
    return realpathSync(whole);
  } catch {
    return dirname(whole) === whole ? whole : join(realPath(dirname(whole)), basename(whole));
  }
}
