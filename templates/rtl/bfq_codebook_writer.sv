// Brings a job's codebook into the level tables before the job is taken. Most jobs have the codebook of the one before, so it
// is compared first, an entry per cycle; only where one differs are the tables written, and that once `idle` says that no job
// has row steps to come.
`default_nettype none

module bfq_codebook_writer #(
    parameter int CODEBOOK = 16,  // entries: 0, 16, 32, 64
    localparam int INDEX_BITS     = CODEBOOK == 0 ? 1 : $clog2(CODEBOOK),
    localparam int CODEBOOK_WIDTH = CODEBOOK == 0 ? 1 : CODEBOOK * 8
) (
    input wire logic clk,
    input wire logic rst,

    input wire logic                      idle,
    input wire logic                      job_valid,
    input wire logic                      job_uses,   // it has a codebook
    input wire logic [CODEBOOK_WIDTH-1:0] job_codebook,
    output wire logic                     job_ready,  // the tables are this job's
    input wire logic                      job_take,   // the job is taken

    output wire logic                   write,
    output wire logic [INDEX_BITS-1:0]  index,
    output wire logic [7:0]             entry
);
  generate
    if (CODEBOOK == 0) begin : gen_none
      wire logic unused = &{1'b0, clk, rst, idle, job_valid, job_uses, job_codebook, job_take};
      assign job_ready = 1'b1;
      assign write = 1'b0;
      assign index = '0;
      assign entry = '0;
    end else begin : gen_entries
      // A pass over the entries: the first compares, a second one writes. An entry is looked at a cycle after it is chosen.
      (* ram_style = "distributed" *) logic [7:0] held[CODEBOOK];  // what the tables hold, once `known`
      logic                  known, writing, differs, done, entry_valid;
      logic [INDEX_BITS:0]   next;
      logic [INDEX_BITS-1:0] entry_index;
      logic [7:0]            wanted, present;

      wire logic choose   = job_valid && job_uses && !done && !next[INDEX_BITS] && (!writing || idle);
      wire logic pass_end = next[INDEX_BITS] && !entry_valid;

      assign job_ready = !job_uses || done;
      assign write     = entry_valid && writing;
      assign index     = entry_index;
      assign entry     = wanted;

      always_ff @(posedge clk) begin
        entry_index <= next[INDEX_BITS-1:0];
        wanted      <= job_codebook[next[INDEX_BITS-1:0]*8 +: 8];
        present     <= held[next[INDEX_BITS-1:0]];
        if (write) held[entry_index] <= wanted;
        if (rst) known <= 1'b0;
        else if (pass_end && writing) known <= 1'b1;
        if (rst || job_take) begin
          next        <= '0;
          entry_valid <= 1'b0;
          writing     <= 1'b0;
          differs     <= 1'b0;
          done        <= 1'b0;
        end else begin
          entry_valid <= choose;
          differs     <= differs || (entry_valid && (!known || wanted != present));
          if (choose) next <= next + 1'b1;
          if (pass_end) begin
            next    <= '0;
            writing <= 1'b1;
            done    <= writing || !differs;
          end
        end
      end
    end
  endgenerate
endmodule

`default_nettype wire
