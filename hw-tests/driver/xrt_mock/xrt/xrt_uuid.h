#include "xrt/xrt_bo.h"
