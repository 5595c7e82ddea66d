/** The library: spec -> plan -> generated files, the golden model, device tiles, and engines that run the hardware. */

export type { Emitter, GeneratedFile } from "./emit/emitter.ts";
export { emitters, generateVariant, type Origin } from "./emit/variant.ts";
export { type Fit, fitModel } from "./estimate/fit.ts";
export { findTensor, type GgufFile, type GgufTensor, openGguf, plainTypes, readTensor } from "./gguf/gguf.ts";
export { decode } from "./golden/decode.ts";
export { matmul, type Step, traceOutput, unpackWeights, type Weights } from "./golden/matmul.ts";
export { type Activations, quantize, readActivations } from "./golden/quantize.ts";
export { type BuildOptions, type Built, buildKria } from "./kria/build/build.ts";
export { modelOfGguf } from "./model/gguf-model.ts";
export { type Model, type ModelTensor, modelOfMix } from "./model/model-mix.ts";
export { type ModelYaml, parseModelSpec, readModelSpec } from "./model/model-spec.ts";
export { descriptorValues, encodeDescriptor, type MatmulJob } from "./plan/descriptor.ts";
export { type FormatPlan, planFormat, refuseFormat } from "./plan/format-plan.ts";
export * as deviceInterface from "./plan/interface.ts";
export { type Parameters, type Plan, planAccelerator } from "./plan/plan.ts";
export { ExitCode, formatProblem, type Problem, UserError } from "./problem.ts";
export { packActivations } from "./repack/activations.ts";
export { buildImage, type Image, type Job, outputBits } from "./repack/image.ts";
export { repack, TileCodec, type TileLayout, tileLayout, unrepack } from "./repack/tiles.ts";
export { type Accelerator, parseAccelerator, readAccelerator } from "./spec/accelerator.ts";
export { type Board, readBoard } from "./spec/board.ts";
export { type Format, parseFormat, readFormat } from "./spec/format.ts";
export { findFormat, readLibrary } from "./spec/library.ts";
export { SpecSource } from "./spec/source.ts";
export { type Engine, engines } from "./verify/engines.ts";
export { runJobs, type StartMachine } from "./verify/run.ts";
export { type Check, verifyJobs } from "./verify/verify.ts";
