/** An AXI master of the kernel and the bursts that it may have open, as templates/rtl instantiates it. */
export interface AxiMaster {
  /** Argument of the kernel; the interface is called m_axi_ and this. */
  argument: string;
  reads: number;
  writes: number;
}

/** Beats of its longest burst; none is narrower than its port. */
export const longestBurst = 64;

/** Bursts that may be open: of a weight port, of the port of activations and descriptors, and of the output port. */
export const openBursts = { weights: 8, activations: 4, output: 16 } as const;

/** Words that the buffer of a reading master holds: all that it asks for has a place. Of the writing one, two bursts. */
export const bufferWords = ({ reads }: Pick<AxiMaster, "reads">) => longestBurst * (reads > 0 ? reads : 2);

export const axiMasters = (lanes: number): AxiMaster[] => [
  ...Array.from({ length: lanes }, (_, lane) => {
    return { argument: `weights_${lane}`, reads: openBursts.weights, writes: 0 };
  }),
  { argument: "activations", reads: openBursts.activations, writes: 0 },
  { argument: "output", reads: 0, writes: openBursts.output },
];
