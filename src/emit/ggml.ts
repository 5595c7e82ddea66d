import type { Plan } from "../plan/plan.ts";
import type { Problem } from "../problem.ts";
import { copyFolder, type Emitter } from "./emitter.ts";

/** The ggml backend under `ggml/`: the accelerator as a device of llama.cpp. It stands on `driver/`. */
export const ggmlEmitter: Emitter = {
  name: "ggml",
  refuses: (_: Plan): Problem[] => [],
  files: () => copyFolder("ggml"),
};
