source ../variant/deploy/vitis/project.tcl
csim_design
exit
