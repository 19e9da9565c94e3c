/* privileges.c - JSON of privileges; see fuzz.h. */
#include "fuzz.h"

FUZZ_DOCUMENT(privileges)
