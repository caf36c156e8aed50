/* No module: loaded into the process of the tests, it says on stderr in which functions a crash is. */
#define _GNU_SOURCE 1
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#if defined(__has_include)
#if __has_include(<execinfo.h>)
#include <execinfo.h>
#define HAS_BACKTRACE 1
#endif
#endif

#ifdef HAS_BACKTRACE
static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
enum { COUNT = sizeof signals / sizeof signals[0], FRAMES = 64 };
static struct sigaction before[COUNT];

static void report(int number, siginfo_t *what, void *context) {
  (void)context;
  char line[64];
  int length = snprintf(line, sizeof line, "\nCrashed with signal %d, in:\n", number);
  if (write(STDERR_FILENO, line, (size_t)length) != length) _exit(128 + number);
  void *frames[FRAMES];
  backtrace_symbols_fd(frames, backtrace(frames, FRAMES), STDERR_FILENO);
  /* Whoever was there before has it too: a fault comes again by itself. */
  for (int i = 0; i < COUNT; i++)
    if (signals[i] == number) sigaction(number, &before[i], NULL);
  if (what->si_code <= 0) raise(number);
}

__attribute__((constructor)) static void install(void) {
  /* Node takes out what does not register itself. */
  Dl_info self;
  if (dladdr((void *)&install, &self) == 0 || dlopen(self.dli_fname, RTLD_NOW | RTLD_NODELETE) == NULL) return;
  void *frames[1];
  backtrace(frames, 1); /* the first time it loads a library, which a crash may not be able to */
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = report;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  for (int i = 0; i < COUNT; i++) sigaction(signals[i], &action, &before[i]);
}
#endif
