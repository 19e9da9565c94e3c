/*
 * text.c - UTF-8: what is well-formed, where characters begin.
 *
 * It assigns no meaning to characters.
 */
#include <string.h>

#include "core_internal.h"

static bool
is_continuation(char c)
{
	return ((unsigned char) c & 0xc0) == 0x80;
}

/*
 * The well-formed sequences are those of table 3-7 of the Unicode standard: the
 * second byte's range excludes overlong forms, surrogates and what lies beyond
 * U+10FFFF.
 */
size_t
rbac_utf8_sequence(const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *) text;

	if (len == 0)
		return 0;
	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4 || len < 2 || !is_continuation(text[1]))
		return 0;
	if (p[0] < 0xe0)
		return 2;
	if (len < 3 || !is_continuation(text[2]))
		return 0;
	if (p[0] < 0xf0)
		return (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ? 0 : 3;
	if (len < 4 || !is_continuation(text[3]))
		return 0;
	return (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f) ? 0 : 4;
}

/* Are these eight bytes ASCII, none of them NUL? */
static bool
is_plain_word(const char *text)
{
	const uint64_t high = UINT64_C(0x8080808080808080);
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t	word;

	memcpy(&word, text, sizeof(word));
	return ((word | (word - ones)) & high) == 0;
}

bool
rbac_text_is_valid(rbac_str s)
{
	size_t		at = 0;

	while (at < s.len)
	{
		size_t		sequence;

		if (s.len - at >= 8 && is_plain_word(s.data + at))
		{
			at += 8;
			continue;
		}
		sequence = rbac_utf8_sequence(s.data + at, s.len - at);
		if (sequence == 0 || s.data[at] == '\0')
			return false;
		at += sequence;
	}
	return true;
}

size_t
rbac_text_characters(rbac_str s)
{
	size_t		n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += !is_continuation(s.data[i]);
	return n;
}

/*
 * Length of the longest prefix of at most max bytes that does not end within a
 * character.
 */
size_t
rbac_text_clip(rbac_str s, size_t max)
{
	size_t		len = s.len < max ? s.len : max;
	size_t		start = len;

	while (start > 0 && len - start < 4 && is_continuation(s.data[start - 1]))
		start--;
	if (start > 0 && (unsigned char) s.data[start - 1] >= 0xc0)
	{
		start--;
		if (rbac_utf8_sequence(s.data + start, len - start) != len - start)
			return start;
	}
	return len;
}
