/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was changed, for people; see nat.h. Pure. */
#include "natd/nat.h"

#include <stdio.h>
#include <string.h>

#include "natd/batch.h"

void xnat_report_change(struct xnat_report *report, const char *words)
{
	if (report->change_count < XNAT_CHANGES_MAX)
		(void)snprintf(report->change[report->change_count],
			       XNAT_CHANGE_TEXT_MAX, "%s", words);
	report->change_count++;
}

/* All of a new table, or of one that goes, is one change: its parts say
 * nothing to people. */
void xnat_report_batch(struct xnat_report *report,
		       const struct xnat_batch *batch,
		       const struct xnat_seen *seen,
		       const struct xnat_table *wanted)
{
	char words[XNAT_CHANGE_TEXT_MAX];

	if (batch->changes == 0)
		return;
	if (wanted && !seen->exists) {
		(void)snprintf(words, sizeof(words),
			       "add table inet %s: %u rules, %u elements",
			       XNAT_TABLE_NAME, xnat_table_rules(wanted),
			       wanted->elements);
		xnat_report_change(report, words);
		return;
	}
	if (!wanted) {
		xnat_report_change(report,
				   "delete table inet " XNAT_TABLE_NAME);
		return;
	}
	/* The first message only begins the transaction. */
	for (uint32_t i = 1; i < batch->count; i++)
		xnat_report_change(report, batch->label[i]);
}
