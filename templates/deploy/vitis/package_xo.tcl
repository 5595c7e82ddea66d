# Packs the IP that Vitis HLS made as a kernel for v++: vivado -mode batch -source package_xo.tcl. In its kernel flow Vitis HLS
# would place the registers itself; here they are where the driver looks for them.
source ../variant/deploy/vivado/config_hls.tcl

set found [glob -nocomplain $ip_folder/component.xml $ip_folder/*/impl/ip/component.xml]
if {[llength $found] != 1} { error "no single component.xml in $ip_folder, but [llength $found]" }
set component [lindex $found 0]
ipx::open_core $component
set core [ipx::current_core]
set_property sdx_kernel true $core
set_property sdx_kernel_type rtl $core
ipx::update_checksums $core
ipx::save_core $core
package_xo -force -xo_path $kernel.xo -kernel_name $kernel -ctrl_protocol user_managed -ip_directory [file dirname $component]
