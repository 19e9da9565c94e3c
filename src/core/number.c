/*
 * number.c - JSON numbers as canonical decimals.
 *
 * Numbers are compared by their text, so each has one text: no exponent, no
 * superfluous zero. Nothing is rounded and no double is involved.
 */
#include <string.h>

#include "core_internal.h"

/* A literal taken apart: sign, digits before and after the point, exponent. */
typedef struct literal
{
	bool		negative;
	rbac_str	whole;
	rbac_str	fraction;
	int64_t		exponent;		/* saturated: no written number needs more */
} literal;

#define EXPONENT_BOUND	INT64_C(1000000000)

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static rbac_str
scan_digits(const char *text, size_t len, size_t *at)
{
	rbac_str	digits = {text + *at, 0};

	while (*at < len && is_digit(text[*at]))
		(*at)++;
	digits.len = (size_t) (text + *at - digits.data);
	return digits;
}

/* Saturate the exponent that the literal has after its "e". */
static bool
scan_exponent(const char *text, size_t len, size_t *at, int64_t *exponent)
{
	bool		negative = false;
	rbac_str	digits;

	(*at)++;
	if (*at < len && (text[*at] == '+' || text[*at] == '-'))
		negative = text[(*at)++] == '-';
	digits = scan_digits(text, len, at);
	for (size_t i = 0; i < digits.len && *exponent < EXPONENT_BOUND; i++)
		*exponent = *exponent * 10 + (digits.data[i] - '0');
	if (negative)
		*exponent = -*exponent;
	return digits.len > 0;
}

/*
 * Take apart the JSON number that text begins with; its length, or 0. As in RFC
 * 8259: [-] digits without a leading zero [. digits] [e [+-] digits].
 */
static size_t
scan_literal(const char *text, size_t len, literal *out)
{
	size_t		at = 0;

	memset(out, 0, sizeof(*out));
	out->negative = len > 0 && text[0] == '-';
	at += out->negative;
	if (at < len && text[at] == '0')
		out->whole = (rbac_str) {text + at++, 1};
	else
		out->whole = scan_digits(text, len, &at);
	if (out->whole.len == 0)
		return 0;
	if (at < len && text[at] == '.')
	{
		at++;
		out->fraction = scan_digits(text, len, &at);
		if (out->fraction.len == 0)
			return 0;
	}
	if (at < len && (text[at] == 'e' || text[at] == 'E') && !scan_exponent(text, len, &at, &out->exponent))
		return 0;
	return at;
}

size_t
rbac_number_scan(const char *text, size_t len)
{
	literal		parts;

	return scan_literal(text, len, &parts);
}

/* The i'th of all digits, or '0' beyond both ends. */
static char
digit_at(const literal *number, int64_t i)
{
	int64_t		nwhole = (int64_t) number->whole.len;

	if (i < 0 || i >= nwhole + (int64_t) number->fraction.len)
		return '0';
	return i < nwhole ? number->whole.data[i] : number->fraction.data[i - nwhole];
}

/*
 * Write digits from..to, where the point comes before the digit numbered point.
 * E.g. 1.50e1: digits 1 5 0, point before digit 2, written 0..1 = "15".
 */
static bool
write_decimal(rbac_core *core, const literal *number, int64_t from, int64_t to, int64_t point, rbac_str *out)
{
	char	   *data = rbac_alloc(core, (size_t) (to - from + 3), 1);
	size_t		len = 0;

	if (data == NULL)
		return false;
	if (number->negative)
		data[len++] = '-';
	for (int64_t i = from; i <= to; i++)
	{
		if (i == point)
			data[len++] = '.';
		data[len++] = digit_at(number, i);
	}
	out->data = data;
	out->len = len;
	return true;
}

/* Canonical decimal of a literal that rbac_number_scan accepts whole. */
bool
rbac_number_canonical(rbac_core *core, rbac_str text, size_t position, rbac_str *out)
{
	literal		number;
	int64_t		first = 0;
	int64_t		last;
	int64_t		point;

	scan_literal(text.data, text.len, &number);
	last = (int64_t) (number.whole.len + number.fraction.len) - 1;
	point = (int64_t) number.whole.len + number.exponent;
	while (first <= last && digit_at(&number, first) == '0')
		first++;
	while (last >= first && digit_at(&number, last) == '0')
		last--;
	if (first > last)
	{
		*out = RBAC_LITERAL("0");
		return true;
	}
	if (first >= point)			/* below one: "0." and zeros come first */
		first = point - 1;
	if (last < point - 1)		/* whole: zeros reach up to the point */
		last = point - 1;
	if (last - first + 1 > RBAC_MAX_DIGITS)
		return rbac_fail_at(core, RBAC_LIMIT, position, "a number is limited to %d digits written out in full",
							RBAC_MAX_DIGITS);
	return write_decimal(core, &number, first, last, point, out);
}

bool
rbac_parse_number(rbac_core *core, const char *text, size_t len, rbac_str *out)
{
	if (len == 0 || rbac_number_scan(text, len) != len)
		return rbac_fail_at(core, RBAC_SYNTAX, 0, "%s is not a JSON number",
							rbac_quote((rbac_str) {text, len}).text);
	return rbac_number_canonical(core, (rbac_str) {text, len}, 0, out);
}

/* Is this what rbac_number_canonical writes? */
bool
rbac_number_is_canonical(rbac_str s)
{
	literal		number;
	size_t		ndigits;

	if (s.len == 0 || scan_literal(s.data, s.len, &number) != s.len)
		return false;
	ndigits = number.whole.len + number.fraction.len;
	if (ndigits > RBAC_MAX_DIGITS || ndigits + number.negative + (number.fraction.len > 0) != s.len)
		return false;			/* too long, or with an exponent */
	if (number.fraction.len > 0)
		return number.fraction.data[number.fraction.len - 1] != '0';
	return !(number.negative && number.whole.data[0] == '0');
}
