/**
 * Strategies of Vivado's implementation runs for a device of one die, as UG904 lists them. A name goes to Tcl and to a shell
 * script: none that isn't here does.
 */
export const strategies = [
  "Performance_Explore",
  "Performance_ExplorePostRoutePhysOpt",
  "Performance_ExploreWithRemap",
  "Performance_WLBlockPlacement",
  "Performance_WLBlockPlacementFanoutOpt",
  "Performance_EarlyBlockPlacement",
  "Performance_NetDelay_high",
  "Performance_NetDelay_low",
  "Performance_Retiming",
  "Performance_ExtraTimingOpt",
  "Performance_RefinePlacement",
  "Congestion_SpreadLogic_high",
  "Congestion_SpreadLogic_medium",
  "Congestion_SpreadLogic_low",
  "Area_Explore",
  "Area_ExploreSequential",
  "Area_ExploreWithRemap",
  "Power_DefaultOpt",
  "Power_ExploreArea",
  "Flow_RunPhysOpt",
  "Flow_RunPostRoutePhysOpt",
  "Flow_RuntimeOptimized",
  "Flow_Quick",
] as const;

export type Strategy = (typeof strategies)[number];

/** How Vivado implements the design. */
export interface Implementation {
  /** Vivado's own default where none is named. */
  strategy?: Strategy | undefined;
  /** Runs at a time, of synthesis of IPs too. */
  jobs: number;
}
