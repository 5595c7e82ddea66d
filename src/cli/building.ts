import type { Plan } from "../plan/plan.ts";
import type { AroundBuild } from "../sim/build.ts";
import type { Engine } from "../verify/engines.ts";
import type { CommonOptions } from "./outcome.ts";
import { withProgress } from "./progress.ts";

/** Says that an engine's simulator is being compiled, and about how long that takes; one that the cache has needs no word. */
export const whileBuilding =
  (options: Pick<CommonOptions, "json">, { name, buildSeconds }: Engine, plan: Plan): AroundBuild =>
  (work) =>
    withProgress(
      options,
      `building the simulator of ${plan.name} (${name}): about ${buildSeconds} s on two idle cores, once`,
      work,
    );
