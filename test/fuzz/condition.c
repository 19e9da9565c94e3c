/* condition.c - JSON of a condition; see fuzz.h. */
#include "fuzz.h"

FUZZ_DOCUMENT(condition)
