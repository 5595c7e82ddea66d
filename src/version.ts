import { readFileSync } from "node:fs";
import { packageRoot } from "./paths.ts";

/** Version of the tool, as package.json has it. */
export const toolVersion: string = JSON.parse(readFileSync(`${packageRoot}package.json`, "utf8")).version;
