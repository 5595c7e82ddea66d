# Vivado's and Vitis HLS' commands for tclsh: each knows its options, refuses anything else, and prints the call.
#   tclsh vendor.tcl SCRIPT [ARGUMENTS]

# name {options with a value} {options without} least most-positional
proc vendor {name valued plain least most {body {return {}}}} {
  proc $name args "check [list $name] [list $valued] [list $plain] $least $most \$args\n$body"
}

proc check {name valued plain least most arguments} {
  set positional 0
  for {set i 0} {$i < [llength $arguments]} {incr i} {
    set word [lindex $arguments $i]
    if {$word in $valued} {
      incr i
      if {$i >= [llength $arguments]} { error "$name: $word needs a value" }
    } elseif {[string match {-[a-z]*} $word]} {
      if {$word ni $plain} { error "$name: unknown option $word" }
    } else {
      incr positional
    }
  }
  if {$positional < $least || $positional > $most} { error "$name: $positional arguments, takes $least to $most" }
  puts [concat [list call $name] $arguments]
}

vendor create_project {-part} {-force -in_memory} 0 2
vendor close_project {} {} 0 0
vendor current_project {} {-quiet} 0 0 {return project}
vendor current_fileset {} {-quiet} 0 0 {return sources_1}
vendor add_files {-fileset -cflags} {-norecurse -quiet -tb} 1 1
vendor update_compile_order {-fileset} {} 0 0
vendor update_ip_catalog {} {-rebuild} 0 0
# Of all that UG904 has, some that are for devices of several dies.
set strategies {
  Performance_Explore Performance_ExplorePostRoutePhysOpt Performance_ExploreWithRemap Performance_WLBlockPlacement
  Performance_WLBlockPlacementFanoutOpt Performance_EarlyBlockPlacement Performance_NetDelay_high Performance_NetDelay_low
  Performance_Retiming Performance_ExtraTimingOpt Performance_RefinePlacement Performance_SpreadSLLs Performance_BalanceSLLs
  Performance_BalanceSLRs Performance_HighUtilSLRs Congestion_SpreadLogic_high Congestion_SpreadLogic_medium
  Congestion_SpreadLogic_low Congestion_SSI_SpreadLogic_high Congestion_SSI_SpreadLogic_low Area_Explore
  Area_ExploreSequential Area_ExploreWithRemap Power_DefaultOpt Power_ExploreArea Flow_RunPhysOpt Flow_RunPostRoutePhysOpt
  Flow_RuntimeOptimized Flow_Quick
}
vendor set_property {-dict} {-quiet} 1 3 {
  if {[lindex $args 0] eq "strategy" && [lindex $args 1] ni $::strategies} { error "no strategy [lindex $args 1]" }
}
vendor get_property {} {-quiet} 2 2 {
  switch -glob [lindex $args 0] {
    CONFIG.PSU__CRL_APB__PL0_REF_CTRL__ACT_FREQMHZ { return [expr {[info exists ::env(MADE_MHZ)] ? $::env(MADE_MHZ) : $::clock_mhz}] }
    PROGRESS { return [expr {[info exists ::env(PROGRESS)] ? $::env(PROGRESS) : {100%}}] }
    STATUS { return "write_bitstream ERROR" }
    DIRECTORY { return project/[lindex $args 1] }
    default { error "get_property: no such property [lindex $args 0]" }
  }
}
vendor get_board_parts {} {-quiet -latest_file_version} 0 1 {
  return [expr {[info exists ::env(NO_BOARD)] ? {} : [lindex $args end]}]
}
vendor get_ipdefs {-filter} {-quiet -all} 0 1 {return [string map {* bfq} [lindex $args end]]}
vendor create_bd_design {} {} 1 1
vendor create_bd_cell {-type -vlnv} {} 1 1 {return /[lindex $args end]}
vendor apply_bd_automation {-rule -config} {} 1 1
vendor get_bd_pins {} {-quiet} 1 1 {return [lindex $args end]}
vendor get_bd_intf_pins {} {-quiet} 1 1 {return [lindex $args end]}
vendor connect_bd_net {} {} 2 99
vendor connect_bd_intf_net {} {} 2 2
vendor get_bd_addr_spaces {} {} 1 1 {return [lindex $args end]}
vendor get_bd_addr_segs {} {} 1 1 {return [lindex $args end]}
vendor assign_bd_address {-offset -range -target_address_space} {-force} 0 1
vendor validate_bd_design {} {-force} 0 0
vendor save_bd_design {} {} 0 0
vendor get_files {} {-quiet} 1 1 {return [lindex $args end]}
vendor make_wrapper {-files} {-top -import} 0 0 {return project/hdl/design_wrapper.v}
vendor launch_runs {-to_step -jobs} {} 1 1 {
  set jobs [lindex $args [expr {[lsearch $args -jobs] + 1}]]
  if {![string is integer -strict $jobs] || $jobs < 1} { error "launch_runs: -jobs $jobs" }
}
vendor wait_on_run {-timeout} {} 1 1
vendor get_runs {} {} 0 1 {return [expr {[llength $args] ? [lindex $args 0] : {synth_1 impl_1}}]}
vendor open_run {} {} 1 1
vendor report_timing_summary {-max_paths -file} {} 0 0
vendor report_utilization {-file -hierarchical_depth} {-hierarchical} 0 0
vendor report_power {-file} {} 0 0
vendor report_methodology {-file} {} 0 0
vendor report_cdc {-file} {-details -summary} 0 0
vendor write_hw_platform {-file} {-fixed -include_bit -force} 0 0

namespace eval ipx {}
vendor ipx::package_project {-root_dir -vendor -library -taxonomy} {-import_files -force} 0 0
vendor ipx::current_core {} {} 0 0 {return core}
vendor ipx::infer_bus_interface {} {} 3 3
vendor ipx::get_bus_interfaces {-of_objects} {} 1 1 {
  return [expr {[lindex $args 0] eq "irq" ? {} : [lindex $args 0]}]
}
vendor ipx::associate_bus_interfaces {-busif -clock -reset} {} 1 1
vendor ipx::get_bus_parameters {-of_objects} {-quiet} 1 1
vendor ipx::add_bus_parameter {} {-quiet} 2 2 {return "[lindex $args 1].[lindex $args 0]"}
vendor ipx::get_address_spaces {-of_objects} {} 1 1 {
  return [expr {[lindex $args 0] in $::spaces ? "space" : {}}]
}
set spaces {}
vendor ipx::add_address_space {} {} 2 2 {lappend ::spaces [lindex $args 0]}
vendor ipx::get_memory_maps {-of_objects} {} 1 1 {return map}
vendor ipx::get_address_blocks {-of_objects} {} 1 1 {return block}
vendor ipx::add_register {} {} 2 2
vendor ipx::get_registers {-of_objects} {} 1 1 {return [lindex $args 0]}
vendor ipx::create_xgui_files {} {} 1 1
vendor ipx::update_checksums {} {} 1 1
vendor ipx::check_integrity {} {} 1 1
vendor ipx::save_core {} {} 1 1
vendor ipx::open_core {} {} 1 1 {return core}
vendor package_xo {-xo_path -kernel_name -ctrl_protocol -ip_directory} {-force} 0 0

vendor open_project {} {-reset} 1 1
vendor set_top {} {} 1 1
vendor open_solution {-flow_target} {-reset} 1 1
vendor set_part {} {} 1 1
vendor create_clock {-period -name} {} 0 0
vendor csim_design {-argv} {-clean} 0 0
vendor csynth_design {} {} 0 0
vendor cosim_design {-argv -tool} {} 0 0
vendor export_design {-format -vendor -library -ipname -output} {} 0 0

fconfigure stdout -encoding utf-8
set script [lindex $argv 0]
set argv [lrange $argv 1 end]
source $script
