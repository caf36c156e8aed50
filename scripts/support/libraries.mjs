// Where the loader finds the libraries that an unpacked module needs.

/** The environment of a process that loads a module which was unpacked, not installed. */
export function withLibraries(...folders) {
  const name = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH';
  const known = (process.env[name] ?? '').split(':').filter(Boolean);
  return { environment: { [name]: [...new Set([...folders, ...known])].join(':') } };
}
