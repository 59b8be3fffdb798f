#include "reconciler/lanes.h"

#include <stdlib.h>

#include "base/banned.h"

struct sw_lane {
    struct sw_record record;
    struct sw_str namespace_;
    struct sw_str name;
    struct sw_task *first, *last;
    char texts[];
};

struct key {
    struct sw_str namespace_;
    struct sw_str name;
};

static bool lane_is(const struct sw_record *record, const void *key)
{
    const struct sw_lane *lane = (const struct sw_lane *)record;
    const struct key *wanted = key;

    return sw_str_eq(lane->name, wanted->name) && sw_str_eq(lane->namespace_, wanted->namespace_);
}

static struct sw_lane *find(const struct sw_lanes *lanes, struct key key)
{
    return (struct sw_lane *)sw_hash_find(&lanes->lanes, sw_hash_of(key.namespace_, key.name),
                                          lane_is, &key);
}

static struct sw_lane *open_lane(struct sw_lanes *lanes, struct key key)
{
    struct sw_lane *lane = find(lanes, key);
    char *at;

    if (lane)
        return lane;
    lane = calloc(1, sizeof(*lane) + key.namespace_.len + key.name.len);
    if (!lane)
        return NULL;
    at = lane->texts;
    lane->namespace_ = sw_str_place(&at, key.namespace_);
    lane->name = sw_str_place(&at, key.name);
    if (sw_hash_insert(&lanes->lanes, &lane->record, sw_hash_of(key.namespace_, key.name), NULL) <
        0) {
        free(lane);
        return NULL;
    }
    return lane;
}

static void close_if_empty(struct sw_lanes *lanes, struct sw_lane *lane)
{
    if (lane->first)
        return;
    sw_hash_remove(&lanes->lanes, &lane->record);
    free(lane);
}

static struct sw_task *new_task(const struct sw_op *op, struct sw_str body)
{
    struct sw_task *task =
        calloc(1, sizeof(*task) + op->uid.len + op->resource_version.len + body.len);
    char *at;

    if (!task)
        return NULL;
    at = task->texts;
    task->verb = op->verb;
    task->phase = sw_op_phase(op);
    task->uid = sw_str_place(&at, op->uid);
    task->resource_version = sw_str_place(&at, op->resource_version);
    task->body = sw_str_place(&at, body);
    return task;
}

int sw_lanes_add(struct sw_lanes *lanes, const struct sw_op *op, struct sw_str body,
                 struct sw_task **ret, struct sw_err *reterr)
{
    struct sw_lane *lane = open_lane(lanes, (struct key){op->for_namespace, op->for_service});
    struct sw_task *task = lane ? new_task(op, body) : NULL;

    if (!task) {
        if (lane)
            close_if_empty(lanes, lane);
        return sw_err_nomem(reterr);
    }
    task->lane = lane;
    task->lane_previous = lane->last;
    *(lane->last ? &lane->last->lane_next : &lane->first) = task;
    lane->last = task;
    task->previous = lanes->last;
    *(lanes->last ? &lanes->last->next : &lanes->first) = task;
    lanes->last = task;
    lanes->n_queued++;
    *ret = task;
    return 0;
}

bool sw_task_is_next(const struct sw_task *task)
{
    for (const struct sw_task *before = task->lane_previous; before;
         before = before->lane_previous) {
        if (before->phase != task->phase)
            return false;
    }
    return true;
}

static void leave_queue(struct sw_lanes *lanes, struct sw_task *task)
{
    *(task->previous ? &task->previous->next : &lanes->first) = task->next;
    *(task->next ? &task->next->previous : &lanes->last) = task->previous;
    task->next = NULL;
    task->previous = NULL;
    lanes->n_queued--;
}

void sw_lanes_sent(struct sw_lanes *lanes, struct sw_task *task)
{
    leave_queue(lanes, task);
    lanes->n_sent++;
}

void sw_lanes_end(struct sw_lanes *lanes, struct sw_task *task)
{
    struct sw_lane *lane = task->lane;

    if (task->sent_ms)
        lanes->n_sent--;
    else
        leave_queue(lanes, task);
    sw_call_cancel(task->call);
    *(task->lane_previous ? &task->lane_previous->lane_next : &lane->first) = task->lane_next;
    *(task->lane_next ? &task->lane_next->lane_previous : &lane->last) = task->lane_previous;
    free(task);
    close_if_empty(lanes, lane);
}

struct sw_task *sw_lanes_waiting(const struct sw_lanes *lanes, struct sw_str namespace_,
                                 struct sw_str name, int after)
{
    struct sw_lane *lane = find(lanes, (struct key){namespace_, name});

    for (struct sw_task *task = lane ? lane->first : NULL; task; task = task->lane_next) {
        if (!task->sent_ms && task->phase > after)
            return task;
    }
    return NULL;
}

struct sw_task *sw_lanes_under_way(const struct sw_lanes *lanes)
{
    for (struct sw_record *record = sw_hash_next(&lanes->lanes, NULL); record;
         record = sw_hash_next(&lanes->lanes, record)) {
        for (struct sw_task *task = ((struct sw_lane *)record)->first; task;
             task = task->lane_next) {
            if (task->sent_ms)
                return task;
        }
    }
    return NULL;
}

void sw_lanes_release(struct sw_lanes *lanes)
{
    struct sw_task *task;

    while ((task = lanes->first) || (task = sw_lanes_under_way(lanes)))
        sw_lanes_end(lanes, task);
    sw_hash_release(&lanes->lanes);
}
