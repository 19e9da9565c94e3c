/* image_condition.c - packed images of a condition; see fuzz.h. */
#include "fuzz.h"

FUZZ_IMAGE(condition)
