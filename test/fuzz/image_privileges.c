/* image_privileges.c - packed images of privileges; see fuzz.h. */
#include "fuzz.h"

FUZZ_IMAGE(privileges)
