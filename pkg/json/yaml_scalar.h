/*
 * What one YAML scalar means: go-yaml v2's table (resolve.go), which sigs.k8s.io/yaml and with it
 * kubectl use. Apart from any document, so that the writer can ask the same table what it must
 * quote.
 */
#ifndef SW_JSON_YAML_SCALAR_H
#define SW_JSON_YAML_SCALAR_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <jansson.h>
#include <stdint.h>

/* Longest text read as a number; a longer one that looks like a number is SW_YAML_TOO_LARGE. The
 * longest that says anything is a double written out in full, 1,077 digits of it. */
#define SW_YAML_MAX_NUMBER_LEN 1100

enum sw_yaml_type {
    SW_YAML_STRING = 0,
    SW_YAML_NULL,
    SW_YAML_BOOLEAN,
    SW_YAML_INTEGER,
    SW_YAML_REAL,      /* infinities and NaN included */
    SW_YAML_TOO_LARGE, /* an integer that does not fit in 64 bits with sign, or too long a number */
};

struct sw_yaml_scalar {
    enum sw_yaml_type type;
    struct sw_str text; /* as it was given; borrowed */
    bool boolean;       /* false but for SW_YAML_BOOLEAN */
    int64_t integer;    /* 0 but for SW_YAML_INTEGER */
    double real;        /* 0 but for SW_YAML_REAL */
};

/* What `text` means when it stands plain: unquoted and without a tag. */
struct sw_yaml_scalar sw_yaml_scalar_resolve(struct sw_str text);

/* What `text` means with `tag`, in its long form ("tag:yaml.org,2002:int"), quoted or not. Fails
 * with SW_ESYNTAX for a tag other than str, int, float, bool, null and timestamp (a timestamp is a
 * string), and for a text that the tag does not fit. *ret borrows from text. */
int sw_yaml_scalar_resolve_tagged(struct sw_str text, const char *tag, struct sw_yaml_scalar *ret,
                                  struct sw_err *reterr);

/* The JSON value, a new reference. A real without a fraction becomes an integer where that fits,
 * because it is one in the JSON that kubectl sends. Fails with SW_ESYNTAX for what JSON cannot hold
 * (an infinity, NaN, SW_YAML_TOO_LARGE), SW_ENOMEM. */
int sw_yaml_scalar_value(const struct sw_yaml_scalar *scalar, json_t **ret, struct sw_err *reterr);

/* The member name that the scalar makes as a key: `yes` gives "true", 0x10 "16", 1e6 "1e+06".
 * Borrowed from scalar->text or arena memory. Fails with SW_ESYNTAX for null, SW_YAML_TOO_LARGE and
 * a NUL byte, SW_ENOMEM. */
int sw_yaml_scalar_key(const struct sw_yaml_scalar *scalar, struct sw_arena *arena,
                       struct sw_str *ret, struct sw_err *reterr);

#endif
