#include "retort_cpu.h"
