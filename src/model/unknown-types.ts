/**
 * ggml type numbers that no format of the library has, as public projects use them: types that ggml dropped, and those of
 * forks, which give numbers of their own.
 */
const known: Readonly<Record<number, string>> = {
  4: "Q4_2 of early 2023, dropped since",
  5: "Q4_3 of early 2023, dropped since",
  9: "Q8_1, for activations",
  15: "Q8_K, for activations",
  31: "Q4_0_4_4 of 2024, dropped since: quantise to Q4_0, which llama.cpp repacks itself",
  32: "Q4_0_4_8 of 2024, dropped since: quantise to Q4_0, which llama.cpp repacks itself",
  33: "Q4_0_8_8 of 2024, dropped since: quantise to Q4_0, which llama.cpp repacks itself",
  36: "bitnet.cpp's I2_S, or IQ4_NL_4_4 of 2024",
  37: "IQ4_NL_4_8 of 2024",
  38: "IQ4_NL_8_8 of 2024, or bitnet.cpp's TL1",
  39: "bitnet.cpp's TL2",
  134: "ik_llama.cpp's IQ1_BN",
  135: "ik_llama.cpp's IQ2_BN",
  137: "ik_llama.cpp's IQ2_K",
  138: "ik_llama.cpp's IQ3_K",
  139: "ik_llama.cpp's IQ4_K",
  140: "ik_llama.cpp's IQ5_K",
  141: "ik_llama.cpp's IQ6_K",
  144: "ik_llama.cpp's IQ4_KS",
  145: "ik_llama.cpp's IQ2_KS",
  146: "ik_llama.cpp's IQ4_KSS",
  152: "ik_llama.cpp's IQ5_KS",
  153: "ik_llama.cpp's IQ2_KT",
  154: "ik_llama.cpp's IQ3_KT",
  155: "ik_llama.cpp's IQ4_KT",
  156: "ik_llama.cpp's IQ3_KS",
  157: "ik_llama.cpp's IQ2_KL",
  158: "ik_llama.cpp's IQ1_KT",
};

/** What `type <number>` may be, and that a format spec can describe it. */
export function describeUnknownType(type: string): string {
  const guess = known[Number(type.replace("type ", ""))];
  const what = guess === undefined ? `${type} of ggml is unknown to bfq` : `${type} (${guess}) is unknown to bfq`;
  return `${what}; a format spec can describe it (docs/formats.md)`;
}
