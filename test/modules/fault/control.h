/* What a test writes and reads while the module runs: a file of 64-bit words that both sides map. All zero is an
 * ordinary, well-behaved token. The file is $CRYPTOKI_FAULT_CONTROL, else <this library's path>.control when that
 * exists. test/support/fault-module.ts reads the names of the words out of this header, so each stands on a line of its
 * own. */
#pragma once

#include <stdint.h>

#define FAULT_FUNCTIONS 104
#define FAULT_FOREVER UINT64_MAX
#define FAULT_INPUTS 32768
/* How an input of C_Sign begins whose signatures are counted: this text, then its number as a little-endian u32. */
#define FAULT_INPUT_MARK "numbered"

/* How an answer lies; the number goes with `lie_value`. */
enum fault_lie {
  LIE_NONE = 0,
  LIE_LENGTH = 1,          /* OK, and the length or count is lie_value */
  LIE_TOO_SMALL = 2,       /* CKR_BUFFER_TOO_SMALL always; the length is lie_value */
  LIE_TOO_SMALL_KEPT = 3,  /* CKR_BUFFER_TOO_SMALL always; the length stays what it was */
  LIE_TOO_SMALL_GROWS = 4, /* CKR_BUFFER_TOO_SMALL always; asks for one byte more each time */
  LIE_QUERY = 5,           /* a query with NULL is answered lie_value, a real call as it should be */
  LIE_QUIET_ONCE = 6, /* a buffer too small is answered without saying what is needed; a query is answered rightly */
  LIE_POINTER = 7,    /* pValue or the parameter's pointers are changed */
  LIE_TYPE = 8,       /* attribute types are changed */
  LIE_GARBAGE = 9,    /* structures come back full of 0xff */
  LIE_HANDLE = 10,    /* the handle given out is lie_value */
  LIE_ENDLESS = 11,   /* C_FindObjects never comes to an end */
  LIE_LAST = 11
};

/* Settings and counters, one word each. */
struct fault_words {
  uint64_t mapped; /* set to 1 by the module when it has mapped the file */
  /* settings */
  uint64_t instant;       /* C_SignInit and C_Sign do nothing: no lock, no key, no counting; `spin` and `sleep` hold */
  uint64_t removed;       /* bit per slot index: its token is taken out */
  uint64_t inserted;      /* bit per slot index: the empty slot has a token */
  uint64_t session_limit; /* sessions per token; 0: no limit */
  uint64_t drop_sessions; /* every change closes all sessions behind the caller's back */
  uint64_t drop_logins;   /* every change logs everybody out */
  uint64_t cant_lock;     /* 1: CKF_OS_LOCKING_OK is answered CKR_CANT_LOCK */
  uint64_t already_initialized; /* 1: somebody else has initialised the library */
  uint64_t reserved;            /* pReserved: 0 must be NULL, 1 must be a string, 2 does not matter */
  uint64_t find_batch;          /* C_FindObjects gives at most so many; 0: as many as asked */
  uint64_t attribute_style; /* 1: C_GetAttributeValue stops at the first it cannot give; 2: a CK_ULONG wants a buffer of
                             * its exact size; 3: values are written whole, whatever room there is (NSS 3.87 does it) */
  uint64_t handle_base;     /* added to object and session handles, read at C_Initialize */
  uint64_t preload;         /* so many data objects on each token, made at C_Initialize */
  uint64_t async_rounds;    /* C_AsyncComplete says CKR_PENDING so many times */
  uint64_t interfaces;      /* 0: 3.2, 3.0 and 2.40; 1: 2.40 only; 2: 3.0 whatever version is asked */
  uint64_t shallow; /* 1: structures with pointers are refused unread, large randoms are quick; for fuzzing, where raw
                       bytes stand for pointers */
  uint64_t parallel_wait; /* 1: C_WaitForSlotEvent does not come back at C_Finalize */
  uint64_t moved;         /* not 0: the token of the first slot is in the slot with this id, and that slot's in the first */
  uint64_t keep_tokens;   /* 1: objects on tokens and PINs outlive C_Finalize; handles change at C_Initialize */
  uint64_t renumber;      /* every change gives all objects other handles */
  uint64_t drop_library;  /* every change finalises behind the caller's back */
  uint64_t freed;         /* every change lets those go who `stay` */
  /* counters and findings */
  uint64_t initialized;   /* 1 while initialised */
  uint64_t finalizations; /* C_Finalize that took effect */
  uint64_t sessions;      /* open now */
  uint64_t most_sessions;
  uint64_t objects; /* there now */
  uint64_t logins;  /* that succeeded */
  uint64_t failed_logins;
  uint64_t running; /* calls inside the module now */
  uint64_t most_running;
  uint64_t overlaps;                /* two calls at once on one session */
  uint64_t serial_overlaps;         /* two calls at once on a library that was initialised without locking */
  uint64_t uninitialized_calls;     /* calls before C_Initialize or after C_Finalize */
  uint64_t finalized_while_running; /* C_Finalize while another call than C_WaitForSlotEvent ran */
  uint64_t closed_while_running;    /* C_CloseSession or C_CloseAllSessions while a call ran on that session */
  uint64_t foreign_finalizations;   /* C_Finalize by one who was told that somebody else had initialised */
  uint64_t bad_arguments;           /* NULL where the standard wants a pointer, reserved words in use */
  uint64_t unknown_sessions;        /* calls with a session handle that is not open */
  char reserved_text[256];          /* what pReserved said */
};

/* One per function, by its index in the function list. */
struct fault_function {
  uint64_t sleep;  /* microseconds of latency before the work */
  uint64_t jitter; /* up to so many more, at random */
  uint64_t spin;   /* microseconds of work for the processor */
  uint64_t rv;     /* the code of a call that fails; CKR_OK: the call does nothing and says OK */
  uint64_t skip;   /* so many calls pass before ... */
  uint64_t times;  /* ... so many fail; all ones: for ever */
  uint64_t hang;   /* not 0: calls stay inside until it is 0 */
  uint64_t linger; /* not 0: calls have done their work, and come back when it is 0 */
  uint64_t stay;   /* so many calls stay inside until `freed` changes, and others go on */
  uint64_t lie;    /* enum fault_lie */
  uint64_t lie_value;
  uint64_t calls;  /* made so far */
  uint64_t inside; /* running now */
};

struct fault_control {
  struct fault_words words;
  struct fault_function functions[FAULT_FUNCTIONS];
  uint32_t signed_inputs[FAULT_INPUTS]; /* how often each numbered input was signed by C_Sign */
};
