'use strict';

// A path of its own, and not cryptoki/pkcs11js: the package beside may be another copy, or none where packages are isolated.
module.exports = require('../../dist/pkcs11js.js');
