import { fileURLToPath } from "node:url";

/** The package's root: `src/` and `dist/` both lie directly in it. */
export const packageRoot = fileURLToPath(new URL("..", import.meta.url));

export const specsFolder = `${packageRoot}specs`;
export const templatesFolder = `${packageRoot}templates`;
