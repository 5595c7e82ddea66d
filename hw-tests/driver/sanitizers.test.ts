import { dirname, join } from "node:path";
import { execa } from "execa";
import { beforeAll, expect, it } from "vitest";
import { packageRoot, specsFolder } from "../../src/paths.ts";
import { readBoard } from "../../src/spec/board.ts";
import { buildDriver, smallVariant } from "./build.ts";

let program: string;

beforeAll(async () => {
  const sanitize = "-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer";
  const defines = ["-DBFQ_SIM=ON", `-DCMAKE_CXX_FLAGS=${sanitize}`, "-DCMAKE_BUILD_TYPE=RelWithDebInfo"];
  const { accelerator, plan } = await smallVariant();
  const board = await readBoard(join(specsFolder, "boards/zcu104.yaml")); // has no memory.model
  const build = await buildDriver({ accelerator, plan: { ...plan, board } }, { defines });
  program = join(build, "exercise");
  const source = join(packageRoot, "hw-tests/driver/exercise.cpp");
  const flags = ["-std=c++17", "-g", ...sanitize.split(" "), "-I", join(dirname(build), "driver")];
  await execa("g++", [...flags, source, join(build, "libbfq.so"), `-Wl,-rpath,${build}`, "-o", program]);
});

it("AddressSanitizer, LeakSanitizer and UBSan find nothing in the driver on the simulator, faults included", async () => {
  const { all, exitCode } = await execa(program, { all: true, reject: false });
  expect(all).toBe("ok");
  expect(exitCode).toBe(0);
});
