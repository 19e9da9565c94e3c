/* image_grant.c - packed images of a grant; see fuzz.h. */
#include "fuzz.h"

FUZZ_IMAGE(grant)
