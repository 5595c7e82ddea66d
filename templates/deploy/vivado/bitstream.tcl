# Kernel and processing system to a bitstream: vivado -mode batch -source bitstream.tcl -tclargs rtl|hls JOBS [STRATEGY]
lassign $argv kind jobs strategy
source ../variant/deploy/vivado/config_$kind.tcl

create_project -force $app project -part $part
if {[llength [get_board_parts -quiet $board_part]] == 0} {
  error "this Vivado has no board $board_part; install it (xhub, or Tools > Vivado Store), or set kria.som and kria.connectors of the board spec to what it has: [get_board_parts -quiet *som*]"
}
set_property board_part $board_part [current_project]
set_property board_connections $board_connections [current_project]
set_property ip_repo_paths [list $ip_folder] [current_project]
update_ip_catalog
set kernel_ip [get_ipdefs -quiet -all *:*:$kernel:*]
if {[llength $kernel_ip] != 1} {
  error "expected one IP $kernel in $ip_folder, found: $kernel_ip"
}

create_bd_design design
set ps [create_bd_cell -type ip -vlnv xilinx.com:ip:zynq_ultra_ps_e ps]
apply_bd_automation -rule xilinx.com:bd_rule:zynq_ultra_ps_e -config {apply_board_preset "1"} $ps
lassign $control_port control_pin control_clock control_index
set_property -dict [list \
    CONFIG.PSU__FPGA_PL0_ENABLE 1 \
    CONFIG.PSU__CRL_APB__PL0_REF_CTRL__FREQMHZ $clock_mhz \
    CONFIG.PSU__USE__IRQ0 1 \
] $ps
foreach index {0 1 2} {
  set_property CONFIG.PSU__USE__M_AXI_GP$index [expr {$index == $control_index}] $ps
}
# At 128 bits, as it is after reset; SmartConnect narrows.
set_property CONFIG.PSU__MAXIGP${control_index}__DATA_WIDTH 128 $ps
foreach port $memory_ports {
  set index [lindex $port 2]
  set_property -dict [list CONFIG.PSU__USE__S_AXI_GP$index 1 CONFIG.PSU__SAXIGP${index}__DATA_WIDTH 128] $ps
}
set made_mhz [get_property CONFIG.PSU__CRL_APB__PL0_REF_CTRL__ACT_FREQMHZ $ps]
if {abs($made_mhz - $clock_mhz) > 0.01 * $clock_mhz} {
  error "the PLLs make $made_mhz MHz of the $clock_mhz asked for; set clock of the accelerator spec to it"
}

create_bd_cell -type ip -vlnv $kernel_ip kernel
create_bd_cell -type ip -vlnv xilinx.com:ip:proc_sys_reset reset

# One SmartConnect for each port of the processing system, and one for the registers.
proc bus {name inputs} {
  set cell [create_bd_cell -type ip -vlnv xilinx.com:ip:smartconnect $name]
  set_property -dict [list CONFIG.NUM_SI $inputs CONFIG.NUM_MI 1 CONFIG.NUM_CLKS 1] $cell
}
set clocks [list ps/$control_clock kernel/ap_clk reset/slowest_sync_clk]
set resets [list kernel/ap_rst_n]
bus control_bus 1
lappend clocks control_bus/aclk
lappend resets control_bus/aresetn
connect_bd_intf_net [get_bd_intf_pins ps/$control_pin] [get_bd_intf_pins control_bus/S00_AXI]
connect_bd_intf_net [get_bd_intf_pins control_bus/M00_AXI] [get_bd_intf_pins kernel/s_axi_control]
foreach port $memory_ports {
  lassign $port pin clock index interfaces
  set name bus_$index
  bus $name [llength $interfaces]
  lappend clocks ps/$clock $name/aclk
  lappend resets $name/aresetn
  set input 0
  foreach interface $interfaces {
    connect_bd_intf_net [get_bd_intf_pins kernel/$interface] [get_bd_intf_pins [format %s/S%02d_AXI $name $input]]
    incr input
  }
  connect_bd_intf_net [get_bd_intf_pins $name/M00_AXI] [get_bd_intf_pins ps/$pin]
}
foreach clock $clocks { connect_bd_net [get_bd_pins ps/pl_clk0] [get_bd_pins $clock] }
connect_bd_net [get_bd_pins ps/pl_resetn0] [get_bd_pins reset/ext_reset_in]
foreach reset $resets { connect_bd_net [get_bd_pins reset/peripheral_aresetn] [get_bd_pins $reset] }
connect_bd_net [get_bd_pins kernel/$interrupt_pin] [get_bd_pins ps/pl_ps_irq0]

assign_bd_address -force -offset $control_address -range $control_bytes \
    -target_address_space [get_bd_addr_spaces ps/Data] [get_bd_addr_segs kernel/s_axi_control/*]
assign_bd_address
validate_bd_design
save_bd_design
add_files -norecurse [make_wrapper -files [get_files design.bd] -top]
set_property top design_wrapper [current_fileset]
update_compile_order -fileset sources_1

if {$strategy ne ""} { set_property strategy $strategy [get_runs impl_1] }
launch_runs impl_1 -to_step write_bitstream -jobs $jobs
catch {wait_on_run impl_1}
set run [get_runs impl_1]
if {[get_property PROGRESS $run] ne "100%"} {
  # Each run has a log of its own; this one's would not say why.
  foreach each [get_runs] {
    set log [get_property DIRECTORY $each]/runme.log
    if {![file exists $log]} continue
    set file [open $log]
    foreach line [split [read $file] "\n"] {
      if {[regexp {^(ERROR|CRITICAL WARNING):} $line]} { puts $line }
    }
    close $file
  }
  error "implementation stopped: [get_property STATUS $run]"
}
open_run impl_1
report_timing_summary -max_paths 10 -file timing.rpt
report_utilization -file utilization.rpt
report_utilization -hierarchical -hierarchical_depth 4 -file utilization_hierarchical.rpt
report_power -file power.rpt
report_methodology -file methodology.rpt
report_cdc -file cdc.rpt
write_hw_platform -fixed -include_bit -force -file $app.xsa
file copy -force [get_property DIRECTORY $run]/design_wrapper.bit $app.bit
close_project
