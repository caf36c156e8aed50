'use strict';

// A path of its own, and not cryptoki/pkcs11js: the package beside may be another copy, or none where packages are isolated.
// Copied, for a module that was compiled from ES modules is imported as a whole in another way than pkcs11js, which was not.
module.exports = { ...require('../../dist/pkcs11js.js') };
