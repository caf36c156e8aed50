// `cryptoki/pkcs11js`: a drop-in for pkcs11js 2.1.7. docs/pkcs11js.md says how to switch.

import * as pkcs11js from './pkcs11js/exports';

export * from './pkcs11js/exports';
/** All of it: pkcs11js is CommonJS without names that Node.js could see, so its callers in ES modules import it as a whole. */
export default pkcs11js;
