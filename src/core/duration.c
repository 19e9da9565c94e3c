/*
 * duration.c - ISO 8601 durations of fixed length, in seconds.
 *
 * PnW, or P[nD][T[nH][nM][nS]]. Years and months have no fixed length, signs
 * and fractions no use here; all are refused.
 */
#include <string.h>

#include "core_internal.h"

#define SECONDS_PER_DAY		INT64_C(86400)
#define MAX_SECONDS			(INT32_MAX * SECONDS_PER_DAY)

typedef struct designator
{
	char		letter;
	int64_t		seconds;
} designator;

/* In the order in which they may come. */
static const designator weeks[] = {{'W', 7 * SECONDS_PER_DAY}, {0}};
static const designator days[] = {{'D', SECONDS_PER_DAY}, {0}};
static const designator times[] = {{'H', 3600}, {'M', 60}, {'S', 1}, {0}};

typedef struct scanner
{
	rbac_core  *core;
	const char *text;
	size_t		len;
	size_t		at;
	int64_t		seconds;
} scanner;

static bool
too_long(const scanner *s)
{
	return rbac_fail_at(s->core, RBAC_LIMIT, s->at, "a duration is limited to %d days", INT32_MAX);
}

static bool
malformed(const scanner *s)
{
	return rbac_fail_at(s->core, RBAC_SYNTAX, s->at,
						"%s is not a duration of weeks (P1W), or of days, hours, minutes and seconds (P1DT2H3M4S)",
						rbac_quote((rbac_str) {s->text, s->len}).text);
}

/* Digits; a number too large for any duration stays at the bound. */
static bool
scan_digits(scanner *s, int64_t *out)
{
	size_t		start = s->at;

	*out = 0;
	for (; s->at < s->len && s->text[s->at] >= '0' && s->text[s->at] <= '9'; s->at++)
		if (*out <= MAX_SECONDS)
			*out = *out * 10 + (s->text[s->at] - '0');
	return s->at > start;
}

/*
 * Parts, each at most once and in the order of their designators; *any says
 * whether there was one. A part that is not ours is left for the next parts.
 */
static bool
scan_parts(scanner *s, const designator *allowed, bool *any)
{
	int64_t		n;

	*any = false;
	for (; allowed->letter != 0; allowed++)
	{
		size_t		start = s->at;

		if (!scan_digits(s, &n) || s->at == s->len || s->text[s->at] != allowed->letter)
		{
			s->at = start;
			continue;
		}
		if (n > (MAX_SECONDS - s->seconds) / allowed->seconds)
			return too_long(s);
		s->seconds += n * allowed->seconds;
		s->at++;
		*any = true;
	}
	return true;
}

static bool
scan_days_and_time(scanner *s)
{
	bool		any_days;
	bool		any_times = true;

	if (!scan_parts(s, days, &any_days))
		return false;
	if (s->at < s->len && s->text[s->at] == 'T')
	{
		s->at++;
		any_days = true;		/* a time will do instead */
		if (!scan_parts(s, times, &any_times))
			return false;
	}
	return any_days && any_times && s->at == s->len ? true : malformed(s);
}

bool
rbac_parse_duration(rbac_core *core, const char *text, size_t len, int64_t *seconds)
{
	scanner		s = {core, text, len, 0, 0};
	bool		any_weeks;

	if (len == 0 || text[0] != 'P')
		return malformed(&s);
	s.at = 1;
	if (!scan_parts(&s, weeks, &any_weeks))
		return false;
	if (any_weeks ? s.at < len && !malformed(&s) : !scan_days_and_time(&s))
		return false;
	*seconds = s.seconds;
	return true;
}
