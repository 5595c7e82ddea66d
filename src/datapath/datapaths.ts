import type { Datapath } from "./datapath.ts";
import { multipliers } from "./multipliers.ts";

/** Every datapath that bfq brings, the default first. */
export const datapaths: readonly Datapath[] = [multipliers];
