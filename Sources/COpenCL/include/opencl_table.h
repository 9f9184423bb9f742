// The OpenCL entry points that Retort uses, found at run time: nothing here links libOpenCL, so a
// binary starts on a machine without it and can say what is missing.
#pragma once

#ifndef CL_TARGET_OPENCL_VERSION
#define CL_TARGET_OPENCL_VERSION 300
#endif
#ifndef CL_USE_DEPRECATED_OPENCL_1_2_APIS
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS  // clCreateCommandQueue: the only one every loader has
#endif
#include <CL/cl.h>
#include <stddef.h>

// Every entry point is part of OpenCL 1.2, so that each one must be there in any loader.
#define OPENCL_ENTRY_POINTS(X)                                                                   \
  X(clGetPlatformIDs) X(clGetPlatformInfo) X(clGetDeviceIDs) X(clGetDeviceInfo)                  \
  X(clCreateContext) X(clReleaseContext) X(clCreateCommandQueue) X(clReleaseCommandQueue)        \
  X(clCreateBuffer) X(clCreateSubBuffer) X(clReleaseMemObject)                                   \
  X(clCreateProgramWithSource) X(clCreateProgramWithBinary) X(clBuildProgram)                    \
  X(clGetProgramInfo) X(clGetProgramBuildInfo) X(clReleaseProgram)                               \
  X(clCreateKernel) X(clReleaseKernel) X(clSetKernelArg) X(clGetKernelInfo)                      \
  X(clGetKernelArgInfo) X(clGetKernelWorkGroupInfo)                                              \
  X(clEnqueueNDRangeKernel) X(clEnqueueReadBuffer) X(clEnqueueWriteBuffer)                       \
  X(clEnqueueCopyBuffer) X(clEnqueueFillBuffer) X(clEnqueueMapBuffer)                            \
  X(clEnqueueUnmapMemObject) X(clEnqueueMarkerWithWaitList) X(clFlush) X(clWaitForEvents)        \
  X(clGetEventProfilingInfo) X(clGetEventInfo) X(clReleaseEvent)

/// The addresses of the OpenCL functions, each under its own name.
typedef struct {
#define OPENCL_MEMBER(name) __typeof__(name) *name;
  OPENCL_ENTRY_POINTS(OPENCL_MEMBER)
#undef OPENCL_MEMBER
} opencl_table;

/// Opens the OpenCL loader and fills `table`; returns 1, or 0 with a text in `failure`.
///
/// With a `path`, only that library is tried. With NULL: the library named by the environment
/// variable RETORT_OPENCL_LIBRARY alone if it is set; otherwise one that the process has loaded
/// already (a preloaded tool), `libOpenCL.so.1`, the same beside the executable, `libOpenCL.so`.
/// The library stays open for the life of the process.
int opencl_open(const char *path, opencl_table *table, char *failure, size_t failure_size);

/// The `CL_…` name of an error code, or NULL for a code that OpenCL does not define.
const char *opencl_error_name(cl_int code);
