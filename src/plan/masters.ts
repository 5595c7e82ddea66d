/** An AXI master of the kernel and the bursts that it may have open, as templates/rtl instantiates it. */
export interface AxiMaster {
  /** Argument of the kernel; the interface is called m_axi_ and this. */
  argument: string;
  reads: number;
  writes: number;
}

/** Beats of its longest burst; none is narrower than its port. */
export const longestBurst = 64;

const weightReads = 8;

/** Words that the read buffer of a weight port holds: a place for each burst that may be open (bfq_axi_read). */
export const readBufferWords = weightReads * longestBurst;

export const axiMasters = (lanes: number): AxiMaster[] => [
  ...Array.from({ length: lanes }, (_, lane) => ({ argument: `weights_${lane}`, reads: weightReads, writes: 0 })),
  { argument: "activations", reads: 4, writes: 0 },
  { argument: "output", reads: 0, writes: 16 },
];
