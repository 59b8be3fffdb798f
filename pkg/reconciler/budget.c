#include "reconciler/budget.h"

#include "base/banned.h"

void sw_budget_init(struct sw_budget *budget, unsigned int rate_per_s, unsigned int burst)
{
    *budget = (struct sw_budget){
        .rate_per_s = rate_per_s,
        .most = (int64_t)burst * SW_BUDGET_COST,
        .credit = (int64_t)burst * SW_BUDGET_COST,
        .earned_ms = INT64_MAX,
    };
}

bool sw_budget_allows(struct sw_budget *budget, int64_t now_ms)
{
    if (now_ms > budget->earned_ms)
        budget->credit += (now_ms - budget->earned_ms) * budget->rate_per_s;
    if (budget->credit > budget->most)
        budget->credit = budget->most;
    budget->earned_ms = now_ms;
    return budget->credit >= SW_BUDGET_COST && now_ms >= budget->shut_ms;
}

void sw_budget_spend(struct sw_budget *budget)
{
    budget->credit -= SW_BUDGET_COST;
}

void sw_budget_shut(struct sw_budget *budget, int64_t now_ms, int64_t for_ms)
{
    if (budget->shut_ms < now_ms + for_ms)
        budget->shut_ms = now_ms + for_ms;
}

void sw_budget_open(struct sw_budget *budget)
{
    budget->shut_ms = 0;
}

int64_t sw_budget_next(const struct sw_budget *budget, int64_t now_ms)
{
    int64_t missing = SW_BUDGET_COST - budget->credit;

    if (now_ms < budget->shut_ms)
        return budget->shut_ms;
    return missing > 0 ? now_ms + missing / budget->rate_per_s + 1 : now_ms;
}
