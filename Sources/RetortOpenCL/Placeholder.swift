// RetortOpenCL
