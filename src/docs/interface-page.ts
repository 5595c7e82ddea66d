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
import { ternaryBytes } from "../plan/packing.ts";
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
    "Version 2: section aux and packed codes (descriptor fields packing, table, table_id and aux_words). Driver, kernel, tile cache and format files of version 1 are refused: each compares the version, or the configuration hash that covers it.",
    tileSection(tile),
    packingSection(),
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

function packingSection(): string {
  return `## Packed codes

What the descriptor's field \`packing\` says of the sections aux and code:

| bits | value |
| --- | --- |
| 3:0 | 0: a plane a code bit in section code, no section aux. 1: ternary. 8..11: indices of so many bits |
| 4 | indices: 0 for eight columns each, 1 for four columns each (at most 9 bits) |
| 6:5 | indices: signs. 0 none, 1 one for eight columns, 2 seven for eight columns of which the number is even (the eighth follows), 3 one a column |
| 7 | 0 |

**Ternary**: a row step is ${ternaryBytes} bytes of five digits each: digit d of byte i is the code of column ${ternaryBytes} d + i. Bytes 0-7 are the row step's plane in section code, byte 8 + p is the row's byte of plane p of section aux (5 planes). A byte of the digits a, b, c, d, e, with f = 3 a + b and s = 3 c + d: \`e << 6 | s << 3 | f\` where both are below 8, \`0xc0 | e << 4 | f\` where s is 8, \`0xc8 | e << 4 | s\` where f is 8, \`0xf0 | e\` where both are. The code has two bits.

**Indices**: byte j of a row step's plane in section code is the low byte of the index of columns 8 j to 8 j + 7; with indices of four columns, of 8 j to 8 j + 3, and in a second plane of 8 j + 4 to 8 j + 7. Section aux has planes of signs (bit j of plane k: column 8 j + k), then of higher index bits (bit j: index j; with four columns a plane for the first and one for the second of each pair). The code has four bits, {sign, digit}: the codebook holds the levels of digits without the sign from 0 on and with it from 8 on.

**Table**: \`2^bits\` entries of 16 bits, eight a word; an entry has a digit of two bits for each of its eight columns, or of three bits for each of its four, first column lowest. The machine reads it at \`table\` unless it holds a table with the number \`table_id\`: two tables of at most half its rows (the parameter TABLE_ROWS), or one. Tables stay from run to run.`;
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
