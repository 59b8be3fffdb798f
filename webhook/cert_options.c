#include "webhook/cert_options.h"

#include "model/duration.h"

#include "base/banned.h"

/* A certificate is renewed after two thirds of its life. With a new authority that takes until the
 * next look (5 s), until it is known everywhere (15 s) and until the replicas look (5 s): what is
 * shorter might end on the way. */
#define CERT_LIFETIME_MIN_S 120
#define CERT_LIFETIME_S     (90 * 24 * 3600)
#define CA_LIFETIME_S       (365 * 24 * 3600)
#define CA_LIFETIME_MAX_S   (10 * 365 * 24 * INT64_C(3600))

int sw_cert_options_take_secret(struct sw_cert_keeping *keeping, const char *value,
                                struct sw_err *reterr)
{
    struct sw_str name = sw_str_from(value), namespace_ = {NULL, 0};

    if (sw_str_find(name, '/') < name.len)
        namespace_ = sw_str_cut(&name, '/');
    if (!sw_str_is_object_name(name) || (namespace_.data && !sw_str_is_dns_label(namespace_)))
        return sw_err_set(reterr, SW_EUSAGE,
                          "--cert-secret: expected NAME or NAMESPACE/NAME, as Kubernetes takes "
                          "them, found \"%s\"",
                          value);
    keeping->namespace_ = namespace_;
    keeping->secret = name;
    return 0;
}

int sw_cert_options_take_lifetime(const char *option, const char *value, int64_t *ret_s,
                                  struct sw_err *reterr)
{
    int64_t ns = 0;

    if (!sw_duration_parse(sw_str_from(value), &ns) || ns / 1000000000 < CERT_LIFETIME_MIN_S ||
        ns / 1000000000 > CA_LIFETIME_MAX_S)
        return sw_err_set(reterr, SW_EUSAGE,
                          "--%s: expected a duration from 2m to 87600h, found \"%s\"", option,
                          value);
    *ret_s = ns / 1000000000;
    return 0;
}

bool sw_cert_options_any(const struct sw_cert_keeping *keeping)
{
    return keeping->secret.data || keeping->configuration || keeping->service ||
           keeping->cert_lifetime_s || keeping->ca_lifetime_s;
}

int sw_cert_options_check(struct sw_cert_keeping *keeping, struct sw_err *reterr)
{
    if (!keeping->secret.data)
        keeping->secret = SW_STR("spillway-webhook-certs");
    keeping->configuration = keeping->configuration ? keeping->configuration : "spillway";
    keeping->service = keeping->service ? keeping->service : "spillway-webhook";
    keeping->ca_lifetime_s = keeping->ca_lifetime_s ? keeping->ca_lifetime_s : CA_LIFETIME_S;
    keeping->cert_lifetime_s =
        keeping->cert_lifetime_s ? keeping->cert_lifetime_s : CERT_LIFETIME_S;
    if (!sw_str_is_object_name(sw_str_from(keeping->configuration)))
        return sw_err_set(reterr, SW_EUSAGE,
                          "--webhook-configuration: expected a name that Kubernetes takes, found "
                          "\"%s\"",
                          keeping->configuration);
    if (!sw_str_is_dns_label(sw_str_from(keeping->service)))
        return sw_err_set(reterr, SW_EUSAGE,
                          "--service-name: expected a name that Kubernetes takes for a Service, "
                          "found \"%s\"",
                          keeping->service);
    if (keeping->ca_lifetime_s < keeping->cert_lifetime_s)
        return sw_err_set(reterr, SW_EUSAGE,
                          "--ca-lifetime: expected no less than the --cert-lifetime, which is "
                          "%jd s, found %jd s",
                          (intmax_t)keeping->cert_lifetime_s, (intmax_t)keeping->ca_lifetime_s);
    return 0;
}
