import { countedSections } from "./sections.ts";

/**
 * The device interface, version 1 (docs/architecture.md): every constant of tiles, descriptors, activation records and
 * registers. docs/interface.md is printed from these tables; HLS C++, SystemVerilog and the driver are written
 * against it.
 */
export const interfaceVersion = 1;

/** A port word. */
export const wordBytes = 16;

/** A tile: rows that share a code section, columns of K. */
export const tileRows = 8;
export const tileColumns = 256;

/** Columns of one bit plane, and so of one row step. */
export const planeColumns = 64;

/** Rows of 64 columns in a tile: what a lane goes through for one batch of columns. */
export const rowSteps = tileRows * (tileColumns / planeColumns);

/** Smallest sub-block and step of the machine. */
export const minGroup = 16;

export const descriptorMagic = 0x31514642;
export const flagSameActivations = 1;

/** One part in so many of the device memory stays free of weights, for activations and results. */
export const scratchShare = 16;

/** Descriptor words before the codebook. */
export const descriptorBaseWords = 6;
/** The first of its words that describe the format, up to the codebook. */
export const descriptorFormatWord = 4;
export const codebookEntriesPerWord = 16;

/** Codes of the block scale types in descriptors. */
export const scaleTypeCode = { f16: 0, bf16: 1, f32: 2, e8m0: 3, "e8m0-nan": 4, ue4m3: 5 } as const;

export const levelMode = { linear: 0, codebook: 1 } as const;
export const minMode = { none: 0, section: 1, sameAsD: 2 } as const;

export interface DescriptorField {
  name: string;
  word: number;
  /** Lowest bit in the word. */
  bit: number;
  bits: 8 | 16 | 32 | 64;
  signed?: true;
  meaning: string;
}

const field = (
  word: number,
  bit: number,
  bits: DescriptorField["bits"],
  name: string,
  meaning: string,
): DescriptorField => ({
  name,
  word,
  bit,
  bits,
  meaning,
});
const signedField = (...args: Parameters<typeof field>): DescriptorField => ({ ...field(...args), signed: true });

/** Every field of a descriptor. Bits that no field names are reserved and zero. */
export const descriptorFields: readonly DescriptorField[] = [
  field(0, 0, 32, "magic", "0x31514642, the text BFQ1"),
  field(0, 32, 32, "flags", "bit 0: the activations are those of the descriptor before; do not load them again"),
  field(0, 64, 32, "rows", "rows of the weight matrix"),
  field(0, 96, 32, "k_tiles", "K / 256, rounded up"),
  field(1, 0, 32, "columns", "activation columns"),
  field(1, 32, 32, "output_stride", "floats from one output column to the next; a multiple of 4"),
  field(1, 64, 32, "lane_stride", "bytes from one lane's weights to the next lane's"),
  field(1, 96, 32, "tile_words", "words of one tile: the sum of its sections"),
  field(2, 0, 64, "weights", "byte offset of lane 0's tiles from the base of its port"),
  field(2, 64, 64, "activations", "byte offset of the activation records"),
  field(3, 0, 64, "output", "byte offset of the output"),
  field(4, 0, 8, "code_bits", "1..8"),
  field(4, 8, 8, "level_mode", "0 linear, 1 codebook"),
  field(4, 16, 8, "level_shift", "0 or 1: level = (code << level_shift) - level_offset"),
  signedField(4, 32, 16, "level_offset", "see level_shift"),
  field(4, 48, 8, "sub_block_log2", "4..8"),
  field(4, 56, 8, "step_log2", "4..8: columns of one fp32 step"),
  field(4, 64, 8, "scale_bits", "0..8"),
  field(4, 72, 8, "scale_shift", "0 or 1: s = (stored << scale_shift) - scale_offset"),
  signedField(4, 80, 16, "scale_offset", "see scale_shift"),
  field(4, 96, 8, "min_bits", "0..8"),
  field(4, 104, 8, "min_shift", "0 or 1: m = (stored << min_shift) - min_offset"),
  signedField(4, 112, 16, "min_offset", "see min_shift"),
  field(5, 0, 8, "d_type", "0 f16, 1 bf16, 2 f32, 3 e8m0, 4 e8m0 with NaN, 5 ue4m3"),
  field(5, 8, 8, "d_group_log2", "4..8: columns that share a block scale"),
  field(5, 16, 16, "d_bias", "0..255: d is the stored scale times 2^-d_bias"),
  field(5, 32, 8, "min_mode", "0 no mins, 1 dmin section, 2 dmin is the stored d"),
  field(5, 48, 16, "dmin_bias", "0..255: dmin is the stored scale times 2^-dmin_bias"),
  ...countedSections.map((name, i) => field(5, 64 + 8 * i, 8, `${name}_words`, `words of the section ${name}`)),
];

/** What the status register says in its low byte; bits 31..8 hold the index of the descriptor. */
export const statusText: Readonly<Record<number, string>> = {
  0: "done",
  1: "descriptor: bad magic number or reserved bits",
  2: "descriptor: rows, columns, k_tiles or output_stride out of range",
  3: "descriptor: the format lies outside the envelope of this bitstream",
  4: "descriptor: an address or stride is not a multiple of 16",
  5: "descriptor: no activations to share with the descriptor before",
  16: "AXI read error",
  17: "AXI write error",
  18: "timeout: no progress",
};

export interface Register {
  offset: number;
  name: string;
  bits: 32 | 64;
  access: "rw" | "ro" | "control";
  meaning: string;
}

const maxLanes = 8;

/** AXI4-Lite registers: the ap_ctrl_hs map of Vitis HLS, then our arguments. `rtlOnly` ones read as 0 in the HLS kernel. */
export const registers: readonly Register[] = [
  {
    offset: 0x00,
    name: "control",
    bits: 32,
    access: "control",
    meaning: "bit 0 start, 1 done (cleared by reading), 2 idle, 3 ready, 7 auto-restart",
  },
  { offset: 0x04, name: "global_interrupt_enable", bits: 32, access: "rw", meaning: "bit 0" },
  { offset: 0x08, name: "interrupt_enable", bits: 32, access: "rw", meaning: "bit 0 done, 1 ready" },
  {
    offset: 0x0c,
    name: "interrupt_status",
    bits: 32,
    access: "control",
    meaning: "bit 0 done, 1 ready; writing 1 toggles",
  },
  { offset: 0x10, name: "descriptor_count", bits: 32, access: "rw", meaning: "descriptors in the list" },
  { offset: 0x18, name: "config_hash", bits: 32, access: "ro", meaning: "hash of the plan's parameters" },
  { offset: 0x28, name: "interface_version", bits: 32, access: "ro", meaning: "version of this document" },
  { offset: 0x38, name: "capabilities", bits: 32, access: "ro", meaning: "lanes | columns << 8 | max_k_tiles << 16" },
  { offset: 0x48, name: "status", bits: 32, access: "ro", meaning: "status code | index of the descriptor << 8" },
  { offset: 0x58, name: "descriptors", bits: 64, access: "rw", meaning: "byte address of the descriptor list" },
  { offset: 0x64, name: "activations", bits: 64, access: "rw", meaning: "base of descriptor field activations" },
  { offset: 0x70, name: "output", bits: 64, access: "rw", meaning: "base of descriptor field output" },
  ...Array.from({ length: maxLanes }, (_, lane): Register => {
    return {
      offset: 0x7c + 12 * lane,
      name: `weights_${lane}`,
      bits: 64,
      access: "rw",
      meaning: `base of weight port ${lane}`,
    };
  }),
  ...Array.from({ length: maxLanes }, (_, lane): Register => {
    return {
      offset: 0xe0 + 8 * lane,
      name: `words_${lane}`,
      bits: 32,
      access: "ro",
      meaning: `words read by weight port ${lane}`,
    };
  }),
  { offset: 0x120, name: "cycles", bits: 64, access: "ro", meaning: "RTL only: cycles from start to done" },
  { offset: 0x128, name: "stall_memory", bits: 32, access: "ro", meaning: "RTL only: lane cycles without weights" },
  {
    offset: 0x12c,
    name: "stall_compute",
    bits: 32,
    access: "ro",
    meaning: "RTL only: lane cycles with weights that had to wait",
  },
];
