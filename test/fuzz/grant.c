/* grant.c - JSON of a grant; see fuzz.h. */
#include "fuzz.h"

FUZZ_DOCUMENT(grant)
