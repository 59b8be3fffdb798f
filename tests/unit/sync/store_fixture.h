/*
 * A store of Services, and what it holds.
 */
#ifndef SW_TESTS_SYNC_STORE_FIXTURE_H
#define SW_TESTS_SYNC_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sync/store.h"
#include "json/read.h"

struct fixture {
    struct sw_store *store;
    struct sw_reflector_sink sink;
    struct sw_arena arena; /* of the view */
    struct sw_view view;
    struct sw_store_lease *lease;
};

static inline int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (!f || sw_store_new(SW_KIND_SERVICE, &f->store, NULL) < 0)
        return -1;
    f->sink = sw_store_sink(f->store);
    sw_arena_init(&f->arena, 4096, 64 << 20);
    *state = f;
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;

    sw_store_lease_free(f->lease);
    sw_store_free(f->store);
    sw_arena_release(&f->arena);
    free(f);
    return 0;
}

static inline int put_text(struct fixture *f, const char *text)
{
    struct sw_err err = {0};
    int r = f->sink.put(f->sink.context, sw_str_from(text), &err);

    if (r < 0)
        print_message("%s\n", err.message);
    return r;
}

static inline void put(struct fixture *f, const char *name, const char *label)
{
    char text[512];

    snprintf(text, sizeof(text),
             "{\"metadata\":{\"name\":\"%s\",\"namespace\":\"shop\",\"managedFields\":[{}],"
             "\"labels\":{\"v\":\"%s\"}},\"spec\":{\"ports\":[{\"name\":\"http\",\"port\":80}]}}",
             name, label);
    assert_int_equal(put_text(f, text), 0);
}

static inline void remove_name(struct fixture *f, const char *name)
{
    char text[256];

    snprintf(text, sizeof(text), "{\"metadata\":{\"name\":\"%s\",\"namespace\":\"shop\"}}", name);
    assert_int_equal(f->sink.remove(f->sink.context, sw_str_from(text), NULL), 0);
}

static inline void begin(struct fixture *f)
{
    f->sink.begin(f->sink.context);
}

static inline void end(struct fixture *f)
{
    f->sink.end(f->sink.context);
}

/* A view of what the store holds now, and the lease for it; both are the fixture's. */
static inline const struct sw_view *look(struct fixture *f)
{
    struct sw_view_builder builder;

    sw_store_lease_free(f->lease);
    f->lease = NULL;
    sw_view_builder_init(&builder, (struct sw_view_source){.cluster = SW_STR("east")}, &f->arena);
    assert_int_equal(sw_store_lease(f->store, &builder, &f->lease, NULL), 0);
    assert_int_equal(sw_view_builder_finish(&builder, &f->view, NULL), 0);
    return &f->view;
}

/* Fails unless these, "a=1 b=2", are all that the store holds. */
static inline void assert_holds(struct fixture *f, const char *expected)
{
    const struct sw_view *view = look(f);
    struct sw_buf buf;

    sw_buf_init(&buf, 4096);
    for (size_t i = 0; i < view->n_services; i++) {
        const struct sw_meta *meta = &view->services[i]->meta;
        const struct sw_str *label = sw_labels_get(&meta->labels, SW_STR("v"));

        assert_non_null(label);
        sw_buf_printf(&buf, "%s%.*s=%.*s", i ? " " : "", SW_STR_ARG(meta->name),
                      SW_STR_ARG(*label));
    }
    sw_buf_append(&buf, "", 1);
    assert_string_equal(buf.data, expected);
    assert_int_equal(sw_store_stats(f->store)->n_objects, view->n_services);
    sw_buf_release(&buf);
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
