/* Comparing two documents field by field. */
#ifndef TESTS_PROVISION_DOCUMENTS_H
#define TESTS_PROVISION_DOCUMENTS_H
#include "harness.h"
#include "provision/document.h"

static inline void assert_same_document(const struct document *a, const struct document *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->callmanagers, b->callmanagers);
    for (size_t i = 0; i < a->callmanagers; i++) {
        assert_string_equal(a->callmanager[i].node, b->callmanager[i].node);
        assert_int_equal(a->callmanager[i].address, b->callmanager[i].address);
        assert_int_equal(a->callmanager[i].port, b->callmanager[i].port);
    }
    assert_string_equal(a->group, b->group);
    assert_string_equal(a->pool, b->pool);
    assert_string_equal(a->load, b->load);
    assert_string_equal(a->stamp, b->stamp);
    assert_string_equal(a->date_template, b->date_template);
    assert_string_equal(a->time_zone, b->time_zone);
    assert_string_equal(a->user_locale, b->user_locale);
    assert_string_equal(a->network_locale, b->network_locale);
    for (size_t i = 0; i < URLS; i++) assert_string_equal(a->url[i], b->url[i]);
    assert_int_equal(a->connection_monitor, b->connection_monitor);
    assert_int_equal(a->auto_registration, b->auto_registration);
    assert_int_equal(a->extra_len, b->extra_len);
    assert_memory_equal(a->extra, b->extra, a->extra_len);
    assert_int_equal(a->extra_cut, b->extra_cut);
}
#endif
