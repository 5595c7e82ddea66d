// Writes a job's codebook to the level tables, an entry a cycle, before the job is taken. Jobs alternate between two banks.
// `room` says that at most one job, the one in the other bank, still has row steps to come.
`default_nettype none

module bfq_codebook_writer #(
    parameter int CODEBOOK   = 16,  // entries: 0, 16, 32, 64
    parameter int LEVEL_BITS = 8,
    localparam int INDEX_BITS     = CODEBOOK == 0 ? 1 : $clog2(CODEBOOK),
    localparam int CODEBOOK_WIDTH = CODEBOOK == 0 ? 1 : CODEBOOK * 8
) (
    input wire logic clk,
    input wire logic rst,

    input wire logic                      room,
    input wire logic                      job_valid,
    input wire logic                      job_uses,   // it has a codebook
    input wire logic [CODEBOOK_WIDTH-1:0] job_codebook,
    output wire logic                     job_ready,  // all is written
    input wire logic                      job_take,   // the job is taken, and it has tiles

    output logic                        bank,  // of the job that waits
    output wire logic                   write,
    output wire logic [INDEX_BITS-1:0]  index,
    output wire logic [LEVEL_BITS-1:0]  entry
);
  always_ff @(posedge clk) begin
    if (rst) bank <= 1'b0;
    else if (job_take) bank <= !bank;
  end

  generate
    if (CODEBOOK == 0) begin : gen_none
      wire logic unused = &{1'b0, room, job_valid, job_uses, job_codebook};
      assign job_ready = 1'b1;
      assign write = 1'b0;
      assign index = '0;
      assign entry = '0;
    end else begin : gen_entries
      logic [INDEX_BITS:0] written;

      assign job_ready = !job_uses || written[INDEX_BITS];
      assign write     = job_valid && room && !job_ready;
      assign index     = written[INDEX_BITS-1:0];
      assign entry     = LEVEL_BITS'($signed(job_codebook[index*8 +: 8]));

      always_ff @(posedge clk) begin
        if (rst || job_take) written <= '0;
        else if (write) written <= written + 1'b1;
      end
    end
  endgenerate
endmodule

`default_nettype wire
