import type { Plan } from "../plan/plan.ts";
import type { Problem } from "../problem.ts";
import { copied } from "./driver.ts";
import type { Emitter } from "./emitter.ts";

/** The ggml backend under `ggml/`: the accelerator as a device of llama.cpp. It stands on `driver/`. */
export const ggmlEmitter: Emitter = {
  name: "ggml",
  refuses: (_: Plan): Problem[] => [],
  files: () => copied("ggml"),
};
