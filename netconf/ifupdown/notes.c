/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Notes for an administrator, see notes.h. Pure. */
#include "netconf/ifupdown/notes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "netconf/base/text.h"

void xn_ifup_note(struct xn_ifup_notes *notes, const char *format, ...)
{
	char text[XN_IFUP_NOTE_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	xn_text_make_printable(text);
	for (size_t i = 0; i < notes->count; i++)
		if (strcmp(notes->text[i], text) == 0)
			return;
	if (notes->count == XN_IFUP_NOTES_MAX) {
		notes->more = true;
		return;
	}
	memcpy(notes->text[notes->count++], text, sizeof(text));
}
