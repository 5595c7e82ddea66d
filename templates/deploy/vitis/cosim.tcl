source ../variant/deploy/vitis/project.tcl
cosim_design
exit
