/*
 * Calls that fail to compile. Included last by every .c file of the product (hack/layers checks).
 *
 * Unbounded string calls have no safe use here; number parsers that need errno are replaced by the
 * checked ones of base/str.h. (Idea: git's banned.h.)
 */
#ifndef SW_BASE_BANNED_H
#define SW_BASE_BANNED_H

#define SW_BANNED(call) sw_banned_call_##call

#undef strcpy
#define strcpy(...) SW_BANNED(strcpy)
#undef strcat
#define strcat(...) SW_BANNED(strcat)
#undef strncpy
#define strncpy(...) SW_BANNED(strncpy)
#undef strncat
#define strncat(...) SW_BANNED(strncat)
#undef sprintf
#define sprintf(...) SW_BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) SW_BANNED(vsprintf)
#undef strtok
#define strtok(...) SW_BANNED(strtok)
#undef gets
#define gets(...) SW_BANNED(gets)
#undef atoi
#define atoi(...) SW_BANNED(atoi)
#undef atol
#define atol(...) SW_BANNED(atol)
#undef strtol
#define strtol(...) SW_BANNED(strtol)
#undef strtoul
#define strtoul(...) SW_BANNED(strtoul)
#undef strtoll
#define strtoll(...) SW_BANNED(strtoll)
#undef strtoull
#define strtoull(...) SW_BANNED(strtoull)
#undef atoll
#define atoll(...) SW_BANNED(atoll)
#undef atof
#define atof(...) SW_BANNED(atof)
#undef strtok_r
#define strtok_r(...) SW_BANNED(strtok_r)
#undef vsscanf
#define vsscanf(...) SW_BANNED(vsscanf)
#undef asctime
#define asctime(...) SW_BANNED(asctime)
#undef sscanf
#define sscanf(...) SW_BANNED(sscanf)
#undef gmtime
#define gmtime(...) SW_BANNED(gmtime)
#undef localtime
#define localtime(...) SW_BANNED(localtime)
#undef ctime
#define ctime(...) SW_BANNED(ctime)
#undef alloca
#define alloca(...) SW_BANNED(alloca)

#endif
