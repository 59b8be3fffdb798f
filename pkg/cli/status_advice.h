/*
 * What is to be done about a reason for which something is withheld, warned of or waits.
 */
#ifndef SW_CLI_STATUS_ADVICE_H
#define SW_CLI_STATUS_ADVICE_H

#include "cli/status.h"

/* Sets row->advice where there is anything to do; arena memory. Fails with SW_ENOMEM. */
int sw_status_advise(struct sw_status_row *row, struct sw_arena *arena, struct sw_err *reterr);

#endif
