import { descriptorValues, encodeDescriptor } from "../plan/descriptor.ts";
import type { FormatPlan } from "../plan/format-plan.ts";
import {
  codebookEntriesPerWord,
  descriptorBaseWords,
  descriptorFields,
  interfaceVersion,
  registers,
  statusText,
  tileColumns,
  tileRows,
  wordBytes,
} from "../plan/interface.ts";
import type { Plan } from "../plan/plan.ts";
import { activationRecord } from "../plan/record.ts";
import { tileSections } from "../plan/sections.ts";

/** A real tile for the document: its words, and what it is. */
export interface ExampleTile {
  title: string;
  format: FormatPlan;
  bytes: Uint8Array;
}

const row = (cells: (string | number)[]) => `| ${cells.join(" | ")} |`;
const markdownTable = (header: string[], rows: (string | number)[][]) =>
  [row(header), row(header.map(() => "---")), ...rows.map(row)].join("\n");

/** A word as hex, byte 0 first. */
const wordHex = (bytes: Uint8Array, word: number) =>
  Buffer.from(bytes.subarray(word * wordBytes, (word + 1) * wordBytes))
    .toString("hex")
    .replace(/(.{8})(?=.)/g, "$1 ");

/** `docs/interface.md`: every byte between host and machine, printed from the tables of src/plan/interface.ts. */
export function interfacePage(plan: Plan, tile: ExampleTile): string {
  return `${[
    `# Device interface, version ${interfaceVersion}`,
    "Printed by `src/docs/interface-page.ts` from `src/plan/interface.ts` and `src/plan/sections.ts`; HLS C++, SystemVerilog, driver and simulators are written against it. All numbers are little-endian; a word has 128 bits (16 bytes); bit 0 is the least significant.",
    tileSection(tile),
    recordSection(),
    outputSection(),
    descriptorSection(plan, tile),
    registerSection(),
  ].join("\n\n")}\n`;
}

function tileSection({ title, format, bytes }: ExampleTile): string {
  let word = 0;
  const dump = tileSections.flatMap(({ name }) => {
    const { words } = format.sections[name];
    const shown = name === "code" ? Math.min(4, words) : words;
    const lines = Array.from(
      { length: shown },
      (_, i) => `${String(word + i).padStart(3)}  ${name.padEnd(5)}  ${wordHex(bytes, word + i)}`,
    );
    word += words;
    return shown < words ? [...lines, `     ...    (${words - shown} more code words)`] : lines;
  });
  return `## Device tile

A tile is ${tileRows} rows x ${tileColumns} columns, in ${tileSections.length} sections: each a whole number of words, bits filled from bit 0 upward, the last word padded with zeros.

${tileSections.map(({ name, order, reader }, i) => `${i + 1}. **${name}**: ${order} Read by ${reader.rtl} (SystemVerilog), ${reader.hls} (HLS).`).join("\n")}

Words of a section: ceil(bits x groups x 8 / 128), with groups = 256 / columns a group. Two's-complement codes, scales and mins are stored with their sign bit flipped (offset binary), so that the machine only subtracts an offset.

Row tile t lies in the region of lane t mod LANES, at position floor(t / LANES); inside a region the K tiles of a row tile follow each other. Lane l's region starts at \`weights + l * lane_stride\`; the strides differ from multiples of 64 KB by 16 KB, so that the lanes' streams use different DRAM banks. Rows and columns beyond the matrix are zero blocks; there is no tile beyond the last row tile.

A real tile, ${title} (bytes in memory order):

\`\`\`
${dump.join("\n")}
\`\`\``;
}

function recordSection(): string {
  const { scales, sums, codes, words, scaleGroup, sumGroup } = activationRecord;
  const range = (from: number, to: number) => `${from}-${to - 1}`;
  const bits = ((words - codes) * wordBytes * 8) / tileColumns;
  return `## Activation record

Column m, K tile k: ${words} words at \`activations + (m * k_tiles + k) * ${words * wordBytes}\`. Its size is printed from the bits of specs/activations.

${markdownTable(
  ["words", "holds"],
  [
    [
      range(scales, sums),
      `da: ${tileColumns / scaleGroup} fp32 scales, one for each ${scaleGroup} columns (repeated where the activation block is longer)`,
    ],
    [range(sums, codes), `sums: ${tileColumns / sumGroup} int16, the sum of each ${sumGroup} codes`],
    [range(codes, words), `${tileColumns} int${bits} codes in column order`],
  ],
)}`;
}

function outputSection(): string {
  return `## Output

\`y[m][row]\` as fp32 at \`output + 4 * (m * output_stride + row)\`. Rows beyond \`rows\` up to the next multiple of ${tileRows} are written too; their values mean nothing.`;
}

function descriptorSection(plan: Plan, { format }: ExampleTile): string {
  const job = {
    rows: 64,
    kTiles: 3,
    columns: 2,
    outputStride: 64,
    laneStride: 0x14000,
    weights: 0x10000,
    activations: 0x60000,
    output: 0x61000,
  };
  const bytes = encodeDescriptor(descriptorValues(format, job), format.codebook, plan.parameters);
  const dump = Array.from({ length: plan.parameters.DESC_WORDS }, (_, i) => `${i}  ${wordHex(bytes, i)}`);
  const fields = descriptorFields.map(({ name, word, bit, bits, signed, meaning }) => [
    word,
    `${bit + bits - 1}:${bit}`,
    `\`${name}\``,
    signed ? "signed" : "",
    meaning,
  ]);
  return `## Descriptor

A list of descriptors lies contiguous at the register \`descriptors\`. A descriptor has ${descriptorBaseWords} words, then the codebook where the variant has one: int8 levels, ${codebookEntriesPerWord} a word. Bits that no field names are zero.

${markdownTable(["word", "bits", "field", "", "meaning"], fields)}

The machine checks each descriptor before it runs it; the first bad one ends the run.

${markdownTable(["status", "meaning"], Object.entries(statusText))}

For 16 and 17 the index counts MatMuls fully written; for 18 those handed to the output port, the last of which may not have reached memory.

Example: ${format.name}, ${job.rows} rows, ${job.kTiles} K tiles, ${job.columns} columns, weights at 0x${job.weights.toString(16)}, lane stride 0x${job.laneStride.toString(16)}, activations at 0x${job.activations.toString(16)}, output at 0x${job.output.toString(16)}, output stride ${job.outputStride} (variant ${plan.name}, bytes in memory order):

\`\`\`
${dump.join("\n")}
\`\`\``;
}

function registerSection(): string {
  const rows = registers.map(({ offset, name, bits, access, meaning }) => [
    `0x${offset.toString(16).padStart(3, "0")}`,
    `\`${name}\``,
    bits,
    access,
    meaning,
  ]);
  return `## Registers

AXI4-Lite, the \`ap_ctrl_hs\` map of Vitis HLS. 64-bit registers have their low half first.

${markdownTable(["offset", "name", "bits", "access", "meaning"], rows)}`;
}
