/* Loads an addon as Node.js would, on a system that has no Node.js to be had: every function that it needs must be found.
 * STAND_INS names those of Node-API, which nobody calls here. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#define STAND_IN(name) \
  __attribute__((visibility("default"))) void name(void) { abort(); }
#include STAND_INS

int main(int count, char** words) {
  void* addon = count == 2 ? dlopen(words[1], RTLD_NOW) : NULL;
  if (addon == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  puts(dlsym(addon, "napi_register_module_v1") != NULL ? "loaded" : "it has no entry point");
  return 0;
}
