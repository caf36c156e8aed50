// What programs of many cases share: values that fit nowhere, how an outcome is told, and that of each case in turn.
'use strict';

const { tell } = require('./token.cjs');

/** A value of each type; programs add what is unfit for their own arguments. */
const unfit = {
  undefined: () => undefined,
  null: () => null,
  true: () => true,
  number: () => 7,
  negative: () => -1,
  bigint: () => 7n,
  string: () => 'text',
  object: () => ({}),
  'empty buffer': () => Buffer.alloc(0),
  'short buffer': () => Buffer.alloc(3),
};

const describe = (error) => ({ class: error.constructor.name, message: error.message, code: error.code });
const shown = (value) => (Buffer.isBuffer(value) ? `Buffer ${value.length}` : ArrayBuffer.isView(value) ? value.constructor.name : typeof value);

/** Tells what came of the cases, from case FIRST on, each STEP one, and ends the process. The title goes first: the case may be what ends it. */
async function tellAll(cases, outcome) {
  for (let index = Number(process.env.FIRST); index < cases.length; index += Number(process.env.STEP)) {
    tell({ index, title: cases[index].title });
    tell({ index, outcome: await outcome(cases[index]) });
  }
  tell({ end: cases.length });
  // SoftHSM's own end is no part of this.
  process.reallyExit(0);
}

module.exports = { unfit, describe, shown, tellAll };
