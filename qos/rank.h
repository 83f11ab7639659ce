/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QOS_RANK_H
#define QOS_RANK_H
/* The order of operations, see plan.h. */
enum xq_rank {
	XQ_RANK_CLEAR, /* what is in the way, or of another kind */
	XQ_RANK_ADD_IFB,
	XQ_RANK_ADD_ROOT,
	XQ_RANK_ADD_ALL, /* a class without a parent */
	XQ_RANK_ADD_CLASS,
	XQ_RANK_ADD_LEAF,
	XQ_RANK_ADD_TABLE,
	XQ_RANK_ADD_FILTER,
	XQ_RANK_ADD_CLSACT,
	XQ_RANK_ADD_REDIRECT,
	XQ_RANK_POLICE, /* all of it, as it is one transaction */
	XQ_RANK_CHANGE,
	XQ_RANK_DELETE_REDIRECT,
	XQ_RANK_DELETE_CLSACT,
	XQ_RANK_DELETE_FILTER,
	XQ_RANK_DELETE_TABLE,
	XQ_RANK_DELETE_LEAF,
	XQ_RANK_DELETE_CLASS,
	XQ_RANK_DELETE_ALL,
	XQ_RANK_DELETE_ROOT,
	XQ_RANK_DELETE_IFB,
};
#endif
