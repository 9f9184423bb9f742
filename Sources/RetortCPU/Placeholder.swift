// RetortCPU
