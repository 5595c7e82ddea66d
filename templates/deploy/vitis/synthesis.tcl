source ../variant/deploy/vitis/project.tcl
csynth_design
export_design -format ip_catalog -vendor bfq -library hls -ipname $kernel
exit
