import { UserError } from "../../problem.ts";

/** A mistake and the whole text that its author reads. */
export interface BadSpec {
  name: string;
  yaml: string;
  want: string;
}

/** A format without mistakes, for tests that make one. */
export const goodFormat = `bfq: 1
name: mine
block: { elements: 64, bytes: 36, sub-block: 32 }
activation: q8_0
step: 32
fields:
  d: { type: f16, byte: 0 }
  scale:
    - { bits: 8, byte: 2, shape: [2], stride: [8] }
  code:
    - { bits: 4, byte: 4, shape: [64], stride: [4] }
level: { offset: 8 }
`;

type Edit = readonly [from: string, to: string];

/** A text with each `from`, which must occur in it, replaced once. */
export function edited(text: string, edits: readonly Edit[]): string {
  return edits.reduce((at, [from, to]) => {
    if (!at.includes(from)) throw new Error(`the spec has no '${from}'`);
    return at.replace(from, () => to);
  }, text);
}

export const changed = (...edits: Edit[]) => edited(goodFormat, edits);

/** What the author of a spec reads; anything but a UserError is a defect and goes on. */
export async function complaint(parse: () => unknown): Promise<string> {
  try {
    await parse();
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  return "no complaint";
}
