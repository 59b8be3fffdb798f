/*
 * A reflector with a sink that writes down what it is told, and shorthands for what an API server
 * says. In every text given here ' stands for ".
 */
#ifndef SW_TESTS_SYNC_MIRROR_H
#define SW_TESTS_SYNC_MIRROR_H

#include "sync/reflector.h"

struct mirror {
    struct sw_reflector reflector;
    struct sw_buf told;   /* "begin", "put NAME", "remove NAME", "end", a space behind each */
    struct sw_buf query;  /* of the last request */
    int64_t now_ms;
    int failure;          /* what put and remove answer */
};

int mirror_setup(void **state);
int mirror_teardown(void **state);
#define MIRROR_TEST(name) cmocka_unit_test_setup_teardown(name, mirror_setup, mirror_teardown)

/* The same for a resource that a CRD brings. */
int mirror_setup_optional(void **state);
#define MIRROR_TEST_OPTIONAL(name)                                                                 \
    cmocka_unit_test_setup_teardown(name, mirror_setup_optional, mirror_teardown)

/* Fails unless what was told since the last time reads as `expected`. */
void assert_told(struct mirror *mirror, const char *expected);

/* Fails unless a request is due now, whose query holds `part`. */
void assert_sends(struct mirror *mirror, const char *part);

/* Fails unless there is nothing to do until a moment of [from_ms, to_ms] from now. */
void assert_waits(struct mirror *mirror, int64_t from_ms, int64_t to_ms);

/* Fails unless what is under way is to be dropped. */
void assert_aborts(struct mirror *mirror);
/* The same, with its connection. */
void assert_deserts(struct mirror *mirror);

/* Lets time go by. */
void pass(struct mirror *mirror, int64_t ms);

/* Lets time go by until the next request is due, and sends it. */
void pass_wait(struct mirror *mirror, const char *part);

void answer(struct mirror *mirror, int http_status);
void send_text(struct mirror *mirror, const char *text);

/* A line of a watch about object `name`. */
void send_event(struct mirror *mirror, const char *type, const char *name, const char *version);
void send_bookmark(struct mirror *mirror, const char *version);
void send_end_of_list(struct mirror *mirror, const char *version);

/* The body ended as it should; or was cut. */
void close_well(struct mirror *mirror);
void cut(struct mirror *mirror);

/* From the beginning to a watch at version 10, with objects a and b; nothing told is left. */
void sync_up(struct mirror *mirror);

/* From the beginning to a watch from version 10, just answered with 200. */
void begin_watch(struct mirror *mirror);

#endif
