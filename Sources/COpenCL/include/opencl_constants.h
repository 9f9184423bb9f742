// OpenCL's macros as constants of the type that the functions take, so that Swift needs no casts.
#pragma once
#include "opencl_table.h"

#define OCL(type, name) static const type OCL_##name = CL_##name;

OCL(cl_device_type, DEVICE_TYPE_ALL)
OCL(cl_device_type, DEVICE_TYPE_GPU)
OCL(cl_device_type, DEVICE_TYPE_CPU)
OCL(cl_device_type, DEVICE_TYPE_ACCELERATOR)

OCL(cl_platform_info, PLATFORM_NAME)
OCL(cl_platform_info, PLATFORM_VENDOR)
OCL(cl_platform_info, PLATFORM_VERSION)

OCL(cl_device_info, DEVICE_NAME)
OCL(cl_device_info, DEVICE_VENDOR)
OCL(cl_device_info, DEVICE_VERSION)
OCL(cl_device_info, DRIVER_VERSION)
OCL(cl_device_info, DEVICE_OPENCL_C_VERSION)
OCL(cl_device_info, DEVICE_EXTENSIONS)
OCL(cl_device_info, DEVICE_TYPE)
OCL(cl_device_info, DEVICE_AVAILABLE)
OCL(cl_device_info, DEVICE_COMPILER_AVAILABLE)
OCL(cl_device_info, DEVICE_MAX_COMPUTE_UNITS)
OCL(cl_device_info, DEVICE_MAX_WORK_GROUP_SIZE)
OCL(cl_device_info, DEVICE_MAX_WORK_ITEM_SIZES)
OCL(cl_device_info, DEVICE_MAX_WORK_ITEM_DIMENSIONS)
OCL(cl_device_info, DEVICE_LOCAL_MEM_SIZE)
OCL(cl_device_info, DEVICE_LOCAL_MEM_TYPE)
OCL(cl_device_info, DEVICE_GLOBAL_MEM_SIZE)
OCL(cl_device_info, DEVICE_MAX_MEM_ALLOC_SIZE)
OCL(cl_device_info, DEVICE_MEM_BASE_ADDR_ALIGN)
OCL(cl_device_info, DEVICE_HOST_UNIFIED_MEMORY)
OCL(cl_device_local_mem_type, LOCAL)

OCL(cl_command_queue_properties, QUEUE_PROFILING_ENABLE)
OCL(cl_mem_flags, MEM_READ_WRITE)
OCL(cl_mem_flags, MEM_ALLOC_HOST_PTR)
OCL(cl_map_flags, MAP_READ)
OCL(cl_map_flags, MAP_WRITE)
OCL(cl_buffer_create_type, BUFFER_CREATE_TYPE_REGION)

OCL(cl_program_build_info, PROGRAM_BUILD_LOG)
OCL(cl_program_info, PROGRAM_BINARY_SIZES)
OCL(cl_program_info, PROGRAM_BINARIES)
OCL(cl_kernel_info, KERNEL_NUM_ARGS)
OCL(cl_kernel_arg_info, KERNEL_ARG_NAME)
OCL(cl_kernel_work_group_info, KERNEL_WORK_GROUP_SIZE)
OCL(cl_kernel_work_group_info, KERNEL_COMPILE_WORK_GROUP_SIZE)
OCL(cl_kernel_work_group_info, KERNEL_LOCAL_MEM_SIZE)

OCL(cl_profiling_info, PROFILING_COMMAND_START)
OCL(cl_profiling_info, PROFILING_COMMAND_END)

OCL(cl_bool, TRUE)
OCL(cl_bool, FALSE)
OCL(cl_int, SUCCESS)
OCL(cl_int, DEVICE_NOT_FOUND)
OCL(cl_int, BUILD_PROGRAM_FAILURE)
OCL(cl_int, KERNEL_ARG_INFO_NOT_AVAILABLE)
OCL(cl_int, INVALID_VALUE)
OCL(cl_int, INVALID_KERNEL)
OCL(cl_int, INVALID_WORK_GROUP_SIZE)
OCL(cl_int, INVALID_WORK_ITEM_SIZE)
OCL(cl_int, MEM_OBJECT_ALLOCATION_FAILURE)
OCL(cl_int, OUT_OF_RESOURCES)
OCL(cl_int, OUT_OF_HOST_MEMORY)

// cl_ext.h: what the ICD loader answers when it has found no driver.
static const cl_int OCL_PLATFORM_NOT_FOUND = -1001;

#undef OCL
