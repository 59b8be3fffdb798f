/*
 * What libh2o 2.2.5 does not give back when a thread or a context ends: its caches of small
 * buffers, which are the thread's, and one queue for each context.
 */
const char *__lsan_default_suppressions(void);

__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void)
{
    return "leak:h2o_mem_alloc_recycle\n"
           "leak:h2o_multithread_create_queue\n";
}
