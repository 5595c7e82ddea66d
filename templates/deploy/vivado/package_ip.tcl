# Packs the SystemVerilog kernel as an IP: vivado -mode batch -source package_ip.tcl
source ../variant/deploy/vivado/config_rtl.tcl

create_project -force package package -part $part
# All files, in this order: what Vivado takes for unused in the modules' default parameters would be left out.
set_property source_mgmt_mode DisplayOnly [current_project]
add_files -norecurse $sources
set_property top $top [current_fileset]
ipx::package_project -root_dir $ip_folder -vendor bfq -library kernel -taxonomy /UserIP -import_files -force

# AXI interfaces, clock and reset are inferred from the ports' names; whether the interrupt is, differs.
set core [ipx::current_core]
set_property name $kernel $core
set_property display_name "bfq $app" $core
set_property description $description $core
if {[llength [ipx::get_bus_interfaces $interrupt_pin -of_objects $core]] == 0} {
  ipx::infer_bus_interface $interrupt_pin xilinx.com:signal:interrupt_rtl:1.0 $core
}
proc bus_parameter {name value bus} {
  set parameter [ipx::get_bus_parameters -quiet $name -of_objects $bus]
  if {[llength $parameter] == 0} { set parameter [ipx::add_bus_parameter $name $bus] }
  set_property value $value $parameter
}
set interfaces [list s_axi_control]
foreach master $masters { lappend interfaces [lindex $master 0] }
foreach interface $interfaces {
  if {[llength [ipx::get_bus_interfaces $interface -of_objects $core]] != 1} {
    error "the packager found no interface $interface in the ports of $top"
  }
  ipx::associate_bus_interfaces -busif $interface -clock ap_clk $core
}
ipx::associate_bus_interfaces -clock ap_clk -reset ap_rst_n $core
bus_parameter POLARITY ACTIVE_LOW [ipx::get_bus_interfaces ap_rst_n -of_objects $core]
foreach master $masters {
  lassign $master interface parameters
  set bus [ipx::get_bus_interfaces $interface -of_objects $core]
  foreach {name value} $parameters { bus_parameter $name $value $bus }
}
# Without a space of its own a master has no addresses in the block design.
foreach interface [lrange $interfaces 1 end] {
  if {[llength [ipx::get_address_spaces $interface -of_objects $core]] == 0} {
    ipx::add_address_space $interface $core
    set space [ipx::get_address_spaces $interface -of_objects $core]
    set_property range 16E $space
    set_property width 64 $space
    set_property master_address_space_ref $interface [ipx::get_bus_interfaces $interface -of_objects $core]
  }
}

set map [ipx::get_memory_maps s_axi_control -of_objects $core]
set block [ipx::get_address_blocks reg0 -of_objects $map]
foreach entry $registers {
  lassign $entry name offset bits access
  ipx::add_register $name $block
  set register [ipx::get_registers $name -of_objects $block]
  set_property address_offset $offset $register
  set_property size $bits $register
  set_property access $access $register
}

ipx::create_xgui_files $core
ipx::update_checksums $core
ipx::check_integrity $core
ipx::save_core $core
close_project
