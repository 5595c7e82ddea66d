import { expect, it } from "vitest";
import { copyTemplate } from "./emitter.ts";
import { machineOption, memoryMode, mostLanes, opcode, resultFields } from "./sim-protocol.ts";

/** Names and values of a C++ enum. */
function enumOf(text: string, name: string): Record<string, number> {
  const body = new RegExp(`enum ${name} : [^{]*\\{([^}]*)\\}`).exec(text)![1].replace(/\/\/.*/g, "");
  return Object.fromEntries([...body.matchAll(/(\w+) = (\d+)/g)].map(([, key, value]) => [key, Number(value)]));
}

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const inCpp = (names: Record<string, number>) =>
  Object.fromEntries(Object.entries(names).map(([name, value]) => [snake(name).toUpperCase(), value]));

// The simulators' C++ is compiled by itself as well (benches, the driver's simulated device), so it has the numbers in its own
// words: this holds both sides together.
it("the simulators' C++ speaks the protocol of sim-protocol.ts", () => {
  const host = copyTemplate("sim/host.hpp");
  const main = copyTemplate("sim/rtl/main.cpp");
  expect(enumOf(host, "Opcode")).toEqual(inCpp(opcode));
  expect(enumOf(main, "MemoryMode")).toEqual(inCpp(memoryMode));
  const { dramNumbers, ...options } = machineOption;
  expect(enumOf(main, "Option")).toEqual(inCpp(options));
  expect(copyTemplate("sim/rtl/dram.hpp")).toContain(`FIRST_OPTION = ${dramNumbers};`);
  expect(host).toContain(`MAX_LANES = ${mostLanes};`);
  const result = /struct RunResult \{(.*?)\n\};/s.exec(host)![1];
  const fields = [...result.matchAll(/std::uint64_t (\w+)/g)].map(([, name]) => name);
  expect(fields).toEqual(resultFields.map(snake));
});
