/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "netconf/nl/array.h"
#include "netconf/nl/attr.h"

#define TABLE 8

/* One attribute with its payload, aligned as in a message. */
struct one {
	struct nlattr header;
	uint8_t payload[12];
};

static struct one one(uint16_t type, const void *payload, size_t bytes)
{
	struct one attr = {
		.header = {.nla_len = (uint16_t)(sizeof(struct nlattr) + bytes),
			   .nla_type = type},
	};

	memcpy(attr.payload, payload, bytes);
	return attr;
}

static void attributes_are_found_by_type(void **state)
{
	const struct nlattr *table[TABLE] = {0};
	_Alignas(4) static const uint8_t message[] = {
		5, 0, 1,  0,	0xaa, 0,    0, 0, /* padded */
		4, 0, 2,  0,			  /* empty */
		8, 0, 3,  0x80, 1,    2,    3, 4, /* nested flag */
		8, 0, 99, 0,	9,    9,    9, 9, /* newer than us */
		6, 0, 1,  0,	0xbb, 0xcc,	  /* again, unpadded */
	};

	(void)state;
	assert_int_equal(xn_nl_attrs(message, sizeof(message), table, TABLE),
			 0);
	assert_non_null(table[1]);
	assert_int_equal(xn_nl_bytes(table[1]), 2);
	assert_int_equal(*(const uint8_t *)xn_nl_data(table[1]), 0xbb);
	assert_non_null(table[2]);
	assert_int_equal(xn_nl_bytes(table[2]), 0);
	assert_non_null(table[3]);
	assert_null(table[4]);
}

static void lengths_that_do_not_add_up_are_refused(void **state)
{
	static const struct {
		uint8_t bytes[8];
		size_t length;
	} bad[] = {
		{{4, 0, 1, 0, 1}, 5}, /* half a header behind */
		{{4, 0, 1, 0, 1, 2, 3}, 7},
		{{3, 0, 1, 0}, 4}, /* shorter than itself */
		{{0, 0, 1, 0}, 4},
		{{9, 0, 1, 0, 1, 2, 3, 4}, 8}, /* beyond the end */
		{{0xff, 0xff, 1, 0}, 4},
		{{4, 0}, 2},
	};
	const struct nlattr *table[TABLE] = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		/* Its own allocation: reading beyond it is seen. */
		uint8_t *copy = malloc(bad[i].length);

		assert_non_null(copy);
		memcpy(copy, bad[i].bytes, bad[i].length);
		assert_int_equal(xn_nl_attrs(copy, bad[i].length, table, TABLE),
				 -EBADMSG);
		free(copy);
	}
	assert_int_equal(xn_nl_attrs(bad[0].bytes, 0, table, TABLE), 0);
	assert_int_equal(xn_nl_nested(NULL, table, TABLE), 0);
}

static void values_have_their_exact_width(void **state)
{
	static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8};
	struct one attr;
	uint8_t u8 = 77;
	uint16_t u16 = 77;
	uint32_t u32 = 77;
	struct xn_mac mac = {{77}};

	(void)state;
	for (size_t width = 0; width <= sizeof(bytes); width++) {
		attr = one(1, bytes, width);
		assert_int_equal(xn_nl_read_u8(&attr.header, &u8),
				 width == 1 ? 0 : -EBADMSG);
		assert_int_equal(xn_nl_read_u16(&attr.header, &u16),
				 width == 2 ? 0 : -EBADMSG);
		assert_int_equal(xn_nl_read_u32(&attr.header, &u32),
				 width == 4 ? 0 : -EBADMSG);
		assert_int_equal(xn_nl_read_mac(&attr.header, &mac),
				 width == 6 ? 0 : -EBADMSG);
	}
	assert_int_equal(u8, 1);
	assert_memory_equal(&u16, bytes, 2);
	assert_memory_equal(&u32, bytes, 4);
	assert_memory_equal(mac.octet, bytes, 6);
	assert_int_equal(xn_nl_read_u32(NULL, &u32), 0);
	assert_memory_equal(&u32, bytes, 4);
}

static void an_index_is_not_negative(void **state)
{
	struct one attr;
	uint32_t number = 7;
	int ifindex = -3;

	(void)state;
	attr = one(1, &number, sizeof(number));
	assert_int_equal(xn_nl_read_ifindex(&attr.header, &ifindex), 0);
	assert_int_equal(ifindex, 7);
	number = 0x80000000U;
	attr = one(1, &number, sizeof(number));
	assert_int_equal(xn_nl_read_ifindex(&attr.header, &ifindex), -EBADMSG);
	attr = one(1, &number, 2);
	assert_int_equal(xn_nl_read_ifindex(&attr.header, &ifindex), -EBADMSG);
	assert_int_equal(xn_nl_read_ifindex(NULL, &ifindex), 0);
	assert_int_equal(ifindex, 7);
}

static void texts_fit_or_are_refused(void **state)
{
	struct one attr;
	char text[5] = "old";

	(void)state;
	attr = one(1, "abcd", 5);
	assert_int_equal(xn_nl_read_text(&attr.header, text, 5), 0);
	assert_string_equal(text, "abcd");
	attr = one(1, "ef", 2); /* without its zero */
	assert_int_equal(xn_nl_read_text(&attr.header, text, 5), 0);
	assert_string_equal(text, "ef");
	attr = one(1, "abcde", 6);
	assert_int_equal(xn_nl_read_text(&attr.header, text, 5), -EBADMSG);
	attr = one(1, "abcde", 5);
	assert_int_equal(xn_nl_read_text(&attr.header, text, 5), -EBADMSG);
	assert_string_equal(text, "ef");
	attr = one(1, "", 0);
	assert_int_equal(xn_nl_read_text(&attr.header, text, 5), 0);
	assert_string_equal(text, "");
}

struct object {
	bool on;
	uint16_t order;
	uint32_t first;
	uint64_t wide;
	uint8_t eight[8];
};

static const struct xn_nl_field object_field[] = {
	{1, XN_NL_BOOL, true, offsetof(struct object, on)},
	{2, XN_NL_U16_BE, false, offsetof(struct object, order)},
	{3, XN_NL_U32_FIRST, false, offsetof(struct object, first)},
	{4, XN_NL_KNOWN, false, 0},
	{5, XN_NL_U64, false, offsetof(struct object, wide)},
	{6, XN_NL_BYTES8, false, offsetof(struct object, eight)},
};
static const struct xn_nl_fields object_fields = {object_field, 6};

static int read_object(const uint8_t *payload, uint16_t bytes,
		       struct object *object, uint16_t *ret_unknown)
{
	struct {
		struct nlattr header;
		uint8_t payload[64];
	} nest = {.header = {.nla_len = (uint16_t)(bytes +
						   sizeof(struct nlattr))}};

	memcpy(nest.payload, payload, bytes);
	return xn_nl_read_fields(&nest.header, &object_fields, object,
				 ret_unknown);
}

static void fields_land_in_their_members(void **state)
{
	static const uint8_t payload[] = {
		5,  0, 1, 0, 2,	   0,	 0, 0, /* any non-zero is true */
		6,  0, 2, 0, 0x81, 0x00, 0, 0, /* */
		12, 0, 3, 0, 7,	   0,	 0, 0, 0xff, 0, 0, 0, /* */
		5,  0, 4, 0, 1,	   0,	 0, 0,		      /* */
		12, 0, 5, 0, 9,	   0,	 0, 0, 1,    0, 0, 0, /* */
		12, 0, 6, 0, 1,	   2,	 3, 4, 5,    6, 7, 8,
	};
	static const uint8_t eight[] = {1, 2, 3, 4, 5, 6, 7, 8};
	struct object object = {0};
	uint16_t unknown = 55;

	(void)state;
	assert_int_equal(
		read_object(payload, sizeof(payload), &object, &unknown), 0);
	assert_true(object.on);
	assert_int_equal(object.order, 0x8100);
	assert_int_equal(object.first, 7);
	assert_int_equal(object.wide, 0x100000009);
	assert_memory_equal(object.eight, eight, 8);
	assert_int_equal(unknown, 0);
}

static void unknown_attributes_in_force_are_named(void **state)
{
	static const uint8_t in_force[] = {
		5, 0, 90, 0, 1, 0, 0, 0, 5, 0, 80, 0, 1, 0, 0, 0,
	};
	static const uint8_t at_rest[] = {
		8, 0, 80, 0, 0, 0, 0, 0, 4, 0, 90, 0,
	};
	struct object object;
	uint16_t unknown = 55;

	(void)state;
	assert_int_equal(
		read_object(in_force, sizeof(in_force), &object, &unknown), 0);
	assert_int_equal(unknown, 80);
	assert_int_equal(
		read_object(at_rest, sizeof(at_rest), &object, &unknown), 0);
	assert_int_equal(unknown, 0);
}

static void fields_of_another_width_are_refused(void **state)
{
	static const uint8_t bad[][12] = {
		{6, 0, 1, 0, 1, 1},	  {5, 0, 2, 0, 1},
		{7, 0, 3, 0, 1, 1, 1},	  {9, 0, 1, 0, 1},
		{8, 0, 5, 0, 1, 1, 1, 1}, {11, 0, 6, 0, 1, 2, 3, 4, 5, 6, 7},
	};
	struct object object;
	uint16_t unknown = 55;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(read_object(bad[i], 12, &object, &unknown),
				 -EBADMSG);
	assert_int_equal(unknown, 55);
}

static void an_array_grows_to_its_bound(void **state)
{
	struct xn_array array = {.item_bytes = sizeof(uint64_t),
				 .count_max = 100};

	(void)state;
	for (uint64_t i = 0; i < 100; i++) {
		uint64_t *item = xn_array_add(&array);

		assert_non_null(item);
		assert_int_equal(*item, 0);
		*item = i;
	}
	assert_null(xn_array_add(&array));
	for (uint64_t i = 0; i < 100; i++)
		assert_int_equal(((const uint64_t *)array.items)[i], i);
	xn_array_restart(&array);
	assert_int_equal(array.count, 0);
	/* Items are zeroed in room that was used before. */
	assert_int_equal(*(uint64_t *)xn_array_add(&array), 0);
	xn_array_fini(&array);
	assert_null(array.items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attributes_are_found_by_type),
		cmocka_unit_test(lengths_that_do_not_add_up_are_refused),
		cmocka_unit_test(values_have_their_exact_width),
		cmocka_unit_test(an_index_is_not_negative),
		cmocka_unit_test(texts_fit_or_are_refused),
		cmocka_unit_test(fields_land_in_their_members),
		cmocka_unit_test(unknown_attributes_in_force_are_named),
		cmocka_unit_test(fields_of_another_width_are_refused),
		cmocka_unit_test(an_array_grows_to_its_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
