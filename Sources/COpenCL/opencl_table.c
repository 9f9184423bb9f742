#include "opencl_table.h"
