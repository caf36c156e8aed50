// A software token's library: what is installed, else what can be unpacked into the cache.
import { Failure } from './run.mjs';

/**
 * `{ module, environment }` of a token of scripts/tokens/, or undefined where this machine neither has it nor can get it.
 * `options.fetch` leaves out what is installed.
 */
export function acquire(token, { fetch = false, say = () => {} } = {}) {
  const installed = fetch ? undefined : token.installed();
  if (installed) return { module: installed, environment: { ...token.environment } };
  try {
    const got = token.fetched(say);
    return got && { module: got.module, environment: { ...token.environment, ...got.environment } };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    say(error.message);
    return undefined;
  }
}

const lists = new Set(['LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'PATH']);

/** One environment out of many: search paths are joined, of anything else the last one counts. */
export function mergeEnvironments(...environments) {
  const merged = {};
  for (const environment of environments) {
    for (const [name, value] of Object.entries(environment)) {
      const parts = lists.has(name) && merged[name] ? [...value.split(':'), ...merged[name].split(':')] : undefined;
      merged[name] = parts ? [...new Set(parts)].filter(Boolean).join(':') : value;
    }
  }
  return merged;
}
