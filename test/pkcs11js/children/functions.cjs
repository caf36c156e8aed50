// The functions that both packages have, or with ADDED all of ours; and arguments with which each can be called.
'use strict';

const { FUNCTIONS } = require('../../../dist/generated/pkcs11js-functions.js');
const { pkcs11js } = require('./token.cjs');

const fit = {
  handle: (index, { session, key }) => (index === 0 ? session : key),
  number: () => 1,
  count: () => 1,
  boolean: () => true,
  bytes: () => Buffer.alloc(16, 1),
  pin: () => 'wrong pin',
  label: () => 'label',
  text: () => 'C_Sign',
  template: () => [{ type: pkcs11js.CKA_LABEL, value: 'nothing has this label' }],
  attributes: () => [{ type: pkcs11js.CKA_LABEL }],
  mechanism: () => ({ mechanism: 0x7fffffff }),
  output: () => Buffer.alloc(300),
  fill: () => Buffer.alloc(8),
  parameter: () => Buffer.alloc(8),
  initialize: () => ({ flags: 2 }),
};

const ofSlots = new Set(['C_GetSlotInfo', 'C_GetTokenInfo', 'C_GetMechanismList', 'C_GetMechanismInfo', 'C_OpenSession', 'C_InitToken']);

const ADDED_IN_240 = new Set(['C_GetFunctionStatus', 'C_CancelFunction']);
const LAST_OF_240 = 67;
const known = ({ name, call }) => call <= LAST_OF_240 && !ADDED_IN_240.has(name);

const functions = process.env.ADDED ? FUNCTIONS : FUNCTIONS.filter(known);

/** Sound arguments of a function; `given`: slot, session and key. */
const soundFor = ({ name, inputs }, given) => inputs.map((kind, index) => (index === 0 && ofSlots.has(name) ? given.slot : fit[kind](index, given)));

module.exports = { functions, ofSlots, soundFor };
