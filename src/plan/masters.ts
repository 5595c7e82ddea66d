/** An AXI master of the kernel and the bursts that it may have open, as templates/rtl instantiates it. */
export interface AxiMaster {
  /** Argument of the kernel; the interface is called m_axi_ and this. */
  argument: string;
  reads: number;
  writes: number;
}

/** Beats of its longest burst; none is narrower than its port. */
export const longestBurst = 64;

export const axiMasters = (lanes: number): AxiMaster[] => [
  ...Array.from({ length: lanes }, (_, lane) => ({ argument: `weights_${lane}`, reads: 8, writes: 0 })),
  { argument: "activations", reads: 4, writes: 0 },
  { argument: "output", reads: 0, writes: 16 },
];
