import { describe } from "vitest";
import { testBenches, testDefects, unit } from "./bench-tests.ts";
import type { Bench, Mutation } from "./verilate.ts";

const envelope = {
  ...{ MAX_K_TILES: 8, CODE_BITS: 6, LEVEL_BITS: 7, CODEBOOK: 16, SCALE_BITS: 6, SCALE_WIDTH: 7 },
  ...{ MIN_BITS: 4, MIN_WIDTH: 6, HAS_MIN: 1, D_TYPES: 0b111111, D_BITS: 32, MIN_STEP_LOG2: 5 },
};
const narrow = { ...envelope, D_TYPES: 0b101001, D_BITS: 16, MIN_STEP_LOG2: 7, MAX_K_TILES: 3 };

const check = unit("descriptor_check", envelope);
const packedCheck = unit("descriptor_check", { ...envelope, TRITS: 1, TABLE_ROWS: 1024 });
const gridLoader = (rows: number) => unit("grid_loader", { ROWS: rows });
const sequencer = unit("sequencer", { ...envelope, LANES: 4, COLUMNS: 2, REPLAY: 3, DESC_WORDS: 7 });
const fetch = unit("descriptor_fetch", { DESC_WORDS: 10 });
const mux = unit("read_mux");
const loader = unit("activation_loader", { LANES: 4, COLUMNS: 2, REPLAY: 3, MAX_K_TILES: 3 });
const dispatcher = unit("dispatcher", { LANES: 4 });
const port = unit("weight_port");
const pace = unit("pace", { LANES: 4, LEAD: 2 });
const regions = unit("regions", { LANES: 4 });
const writer = unit("writer", { LANES: 4 });
const control = unit("run_control", { TIMEOUT_LOG2: 11, QUIET_LOG2: 9 });

const benches: Bench[] = [
  check,
  unit("descriptor_check", narrow),
  packedCheck,
  ...[1024, 2048].map((rows) => gridLoader(rows)),
  sequencer,
  unit("sequencer", { ...narrow, LANES: 1, COLUMNS: 8, REPLAY: 1, DESC_WORDS: 7 }),
  fetch,
  unit("descriptor_fetch", { DESC_WORDS: 6 }),
  mux,
  loader,
  unit("activation_loader", { LANES: 1, COLUMNS: 4, REPLAY: 1, MAX_K_TILES: 4 }),
  dispatcher,
  unit("dispatcher", { LANES: 1 }),
  unit("dispatcher", { LANES: 8 }),
  port,
  pace,
  unit("pace", { LANES: 1, LEAD: 2 }),
  unit("pace", { LANES: 8, LEAD: 2 }),
  regions,
  unit("regions", { LANES: 1 }),
  unit("regions", { LANES: 8 }),
  writer,
  unit("writer", { LANES: 1 }),
  unit("writer", { LANES: 8 }),
  control,
];

/** Defects that their bench must find, each a mistake that is easily made. */
const mutants: [Bench, Mutation][] = [
  [check, { file: "bfq_descriptor_check.sv", from: "{rows[31:3], rows[2:0] != 3'd0}", to: "{rows[31:3], 1'b0}" }],
  [check, { file: "bfq_descriptor_check.sv", from: "high >> (width - 1)", to: "high >> width" }],
  [check, { file: "bfq_descriptor_check.sv", from: "step_log2 > d_group_log2", to: "1'b0" }],
  [check, { file: "bfq_descriptor_check.sv", from: "<< bits) << shift", to: "<< bits)" }],
  [check, { file: "bfq_descriptor_check.sv", from: ">> sub_block)) >> 4", to: ">> sub_block) + 12'd15) >> 4" }],
  [check, { file: "bfq_descriptor_check.sv", from: "unused_min != 8'd0", to: "unused_min > 8'd1" }],
  [packedCheck, { file: "bfq_descriptor_check.sv", from: "&& !(packing[4] && packing[1])", to: "" }],
  [packedCheck, { file: "bfq_descriptor_check.sv", from: " || aux_words != {2'd0, planes, 1'b0}", to: "" }],
  [gridLoader(1024), { file: "bfq_grid_loader.sv", from: "whole || wide ?", to: "whole ?" }],
  [gridLoader(1024), { file: "bfq_grid_loader.sv", from: "WAIT: if (idle)", to: "WAIT: if (1'b1)" }],
  [gridLoader(1024), { file: "bfq_grid_loader.sv", from: "{entry[10], !entry[10]}", to: "{!entry[10], entry[10]}" }],
  [gridLoader(2048), { file: "bfq_grid_loader.sv", from: "if (indexed) last <= announce_slot;", to: "" }],
  [sequencer, { file: "bfq_sequencer.sv", from: "&& columns <= 32'(MOST_COLUMNS)", to: "" }],
  [sequencer, { file: "bfq_sequencer.sv", from: "{31'd0, rows[2:0] != 3'd0}", to: "32'd0" }],
  [sequencer, { file: "bfq_sequencer.sv", from: "last_columns <= columns;", to: "" }],
  [
    sequencer,
    { file: "bfq_multiply.sv", from: "assign busy = rest != 32'd0;", to: "assign busy = rest[31:1] != 31'd0;" },
  ],
  [fetch, { file: "bfq_descriptor_fetch.sv", from: "more && !open && !whole", to: "more && !open" }],
  [fetch, { file: "bfq_descriptor_fetch.sv", from: "total            <= 32'd0;", to: "" }],
  [mux, { file: "bfq_read_mux.sv", from: "turn  <= !pick_b;", to: "" }],
  [mux, { file: "bfq_read_mux.sv", from: "pick_b == side || all_come", to: "1'b1" }],
  [loader, { file: "bfq_activation_loader.sv", from: "open > run", to: "open > run + 4'd1" }],
  [loader, { file: "bfq_activation_loader.sv", from: "announcing && full == '0", to: "announcing" }],
  [loader, { file: "bfq_activation_loader.sv", from: "          run        <= 4'd0;\n", to: "" }],
  [loader, { file: "bfq_activation_loader.sv", from: "last_of_record && last_column", to: "last_of_record" }],
  [loader, { file: "bfq_activation_loader.sv", from: "act_limit     <= other_half;", to: "" }],
  [loader, { file: "bfq_activation_loader.sv", from: "state == LOADED && !announcing", to: "state == LOADED" }],
  [
    loader,
    { file: "bfq_activation_loader.sv", from: "last_word && batch_column == 8'(COLUMNS - 1)", to: "last_word && 1'b0" },
  ],
  [loader, { file: "bfq_activation_loader.sv", from: "half ? 16'd0", to: "!half ? 16'd0" }],
  [
    sequencer,
    {
      file: "bfq_sequencer.sv",
      from: "MOST_COLUMNS = bfq_params::COLUMNS * bfq_params::REPLAY",
      to: "MOST_COLUMNS = bfq_params::COLUMNS",
    },
  ],
  [dispatcher, { file: "bfq_dispatcher.sv", from: "32'(LANES - 1 - l)", to: "32'(LANES - 1)" }],
  [dispatcher, { file: "bfq_dispatcher.sv", from: "if (rst || done) taken", to: "if (rst) taken" }],
  [dispatcher, { file: "bfq_dispatcher.sv", from: "pass_valid && !done", to: "pass_valid" }],
  [loader, { file: "bfq_activation_loader.sv", from: "<= asked != pass_columns", to: "<= 1'b1" }],
  [
    regions,
    { file: "bfq_regions.sv", from: "LANE_BITS'(pass_row_tiles) > lane", to: "LANE_BITS'(pass_row_tiles) >= lane" },
  ],
  [regions, { file: "bfq_regions.sv", from: "state == SEND && !none &&", to: "state == SEND &&" }],
  [port, { file: "bfq_axi_read.sv", from: ".rst(rst || halt)", to: ".rst(rst)" }],
  [port, { file: "bfq_weight_port.sv", from: "out_ready || halt", to: "out_ready" }],
  [port, { file: "bfq_weight_port.sv", from: "next_valid && start", to: "next_valid" }],
  [pace, { file: "bfq_pace.sv", from: "leads || !asking[l]", to: "leads" }],
  [pace, { file: "bfq_pace.sv", from: "rst || start) lead", to: "rst) lead" }],
  [pace, { file: "bfq_pace.sv", from: "waiting && asking == '0", to: "waiting" }],
  [pace, { file: "bfq_pace.sv", from: "lead == 2'(LEAD)", to: "lead == 2'(LEAD + 1)" }],
  [writer, { file: "bfq_writer.sv", from: "(commanded || !last_word) && ", to: "" }],
  [writer, { file: "bfq_writer.sv", from: "(result_valid[0] || upper || lane != '0)", to: "result_valid[0]" }],
  [writer, { file: "bfq_writer.sv", from: "(!column_end || single)", to: "!column_end" }],
  [writer, { file: "bfq_writer.sv", from: "pass_columns == 8'd1", to: "1'b1" }],
  [writer, { file: "bfq_writer.sv", from: "!active || round_end) column_offset", to: "!active) column_offset" }],
  [control, { file: "bfq_run_control.sv", from: "      done    <= 1'b0;\n", to: "" }],
  [control, { file: "bfq_run_control.sv", from: "state == FLUSH && residue", to: "1'b0" }],
  [control, { file: "bfq_run_control.sv", from: "passes_open == 8'd0 && written", to: "passes_open == 8'd0" }],
  [control, { file: "bfq_run_control.sv", from: "state == DRAIN && quiescent", to: "1'b1" }],
  [control, { file: "bfq_run_control.sv", from: "start && !done", to: "start" }],
  [control, { file: "bfq_run_control.sv", from: "abandon <= !drained;", to: "abandon <= 1'b0;" }],
];

// Agreement with a second reading of the interface, or with what went in: no outside truth.
describe("Verilator benches of what feeds the lanes", () => testBenches(benches));

describe("the benches find deliberate defects", () => testDefects(mutants));
