// `cryptoki/t1c`: Trust1Connector's PKCS#11 container, in process.

import { GCLClient } from './t1c/client';

export { GCLClient } from './t1c/client';
export { GCLConfig, type GCLConfigOptions, type ModuleConfig } from './t1c/config';
export { RestException, T1C_STATUS } from './t1c/errors';
export type * from './t1c/responses';

/** The name under which pages knew the client. */
export const GCLLib: {
  /** The client. */
  readonly GCLClient: typeof GCLClient;
} = Object.freeze({ GCLClient });
