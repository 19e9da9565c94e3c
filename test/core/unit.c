/*
 * unit.c - unit tests of the core, printing TAP.
 */
#include "harness.h"
#include "unit.h"

int
main(void)
{
	test_parse();
	test_pack();
	test_match();
	test_compare();
	test_token();
	test_memory();
	return done_testing();
}
