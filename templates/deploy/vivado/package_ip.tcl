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
set masters [list]
foreach port $memory_ports { lappend masters {*}[lindex $port 3] }
foreach interface [list s_axi_control {*}$masters] {
  if {[llength [ipx::get_bus_interfaces $interface -of_objects $core]] != 1} {
    error "the packager found no interface $interface in the ports of $top"
  }
  ipx::associate_bus_interfaces -busif $interface -clock ap_clk $core
}
# Without a space of its own a master has no addresses in the block design.
foreach interface $masters {
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
