/*
 * An API server as far as a reflector can tell: objects, versions, a history that is forgotten, and
 * one connection that may go wrong in every way that connections do.
 *
 * It has one resource, Services of namespace ns. Every state that it was ever in can be asked for,
 * so that what a reflector holds can be compared with what there was.
 */
#ifndef SW_TESTS_SIM_API_SERVER_H
#define SW_TESTS_SIM_API_SERVER_H

#include "base/buf.h"
#include "random.h"
#include "sync/reflector.h"

#define SIM_OBJECTS 40

/* So many of the last changes can be watched from; older versions are answered with 410. */
#define SIM_HISTORY 60

/* Pages are smaller than asked for, which an API server may do. */
#define SIM_PAGE 7

struct sim_change {
    unsigned int object;
    unsigned int content; /* 0: deleted */
};

enum sim_connection_phase {
    SIM_CLOSED,
    SIM_ASKED,   /* the answer comes at due_ms */
    SIM_STREAMS, /* 200 was sent, the body follows */
};

/* What the server does to every request for a while, to one who asks again as soon as he can. */
enum sim_mood {
    SIM_MILD,
    SIM_REFUSES, /* with one status */
    SIM_EXPIRES, /* says 410 in the stream as soon as that is there */
    SIM_ENDS,    /* ends every watch as soon as it is there */
    SIM_N_MOODS,
};

struct sim_connection {
    enum sim_connection_phase phase;
    enum sw_request_verb verb;
    int64_t due_ms;
    int64_t end_ms;       /* of a watch */
    int64_t bookmark_ms;  /* when the next is due */
    uint64_t version;     /* the watcher has been told of everything up to here */
    uint64_t list_from;   /* first object of the page */
    bool has_version;     /* the request said one */
    bool silent;          /* nothing comes from it any more */
    bool ends;            /* when all of `out` is sent */
    struct sw_buf out;    /* body that is not sent yet, from out_at on */
    size_t out_at;
};

struct sim_server {
    struct sim_random random;
    struct sim_change *changes; /* changes[v - 1] made version v */
    uint64_t version;
    uint64_t oldest;            /* the oldest that can be watched from */
    unsigned int contents[SIM_OBJECTS];
    unsigned int next_content;
    bool absent;                /* there is no such resource */
    bool may_be_absent;
    bool has_watch_list;
    bool has_bookmarks;
    bool ends_streams;          /* with a bookmark; else streamed lists stay without an end */
    bool faults;                /* things go wrong */
    unsigned int fault_rate;    /* times in 1000 */
    enum sim_mood mood;
    unsigned int mood_steps;    /* that it goes on for */
    int mood_status;
    struct sim_connection connection;
};

/* A server with a character of its own that `seed` decides. Aborts without memory. */
void sim_server_init(struct sim_server *server, uint64_t seed);
void sim_server_release(struct sim_server *server);

/* Life goes on: objects come, change and go; sometimes the resource itself does. */
void sim_server_live(struct sim_server *server);

/* Deletes one object, if there is any; true if so. */
bool sim_server_delete_one(struct sim_server *server);

/* A request comes in; the connection must be closed. */
void sim_server_ask(struct sim_server *server, int64_t now_ms, const struct sw_request *request);

/* The client has hung up. */
void sim_server_hang_up(struct sim_server *server);

/* Tells the reflector what is due. */
void sim_server_tell(struct sim_server *server, int64_t now_ms, struct sw_reflector *reflector);

/* What object had at that version; 0 for none. */
unsigned int sim_server_content_at(const struct sim_server *server, unsigned int object,
                                   uint64_t version);

#endif
