// Calls every function, in each of its forms, in states in which it cannot do its work, and tells what came of it.
'use strict';

const { describe, shown, tellAll } = require('./cases.cjs');
const { functions, ofSlots, soundFor } = require('./functions.cjs');
const { pkcs11js, opened } = require('./token.cjs');

const { library: usual, slot, flags } = opened();
usual.C_Finalize();

const loaded = () => new pkcs11js.PKCS11(process.env.PKCS11_LIBRARY);
const handles = { slot, session: Buffer.alloc(8, 1), key: Buffer.alloc(8, 2) };
const everything = () => true;

/** How each state is reached: a library, and the handles that its functions are given; and which functions it concerns. */
const states = {
  'not loaded': { concerns: everything, reach: () => ({ library: new pkcs11js.PKCS11(), ...handles }) },
  closed: {
    concerns: everything,
    reach() {
      const library = loaded();
      library.close();
      return { library, ...handles };
    },
  },
  // One that is initialised by the call is not in this state.
  'not initialised': { concerns: ({ name }) => name !== 'C_Initialize', reach: () => ({ library: loaded(), ...handles }) },
  finalised: {
    concerns: ({ name }) => name !== 'C_Initialize',
    reach() {
      const library = loaded();
      library.C_Initialize({ flags: pkcs11js.CKF_OS_LOCKING_OK });
      library.C_Finalize();
      return { library, ...handles };
    },
  },
  'initialised before': {
    concerns: ({ name }) => name === 'C_Initialize',
    reach() {
      const library = loaded();
      library.C_Initialize({ flags: pkcs11js.CKF_OS_LOCKING_OK });
      return { library, ...handles };
    },
  },
  'session closed': {
    concerns: ({ name, inputs }) => inputs[0] === 'handle' && !ofSlots.has(name) && name !== 'C_CloseAllSessions',
    reach() {
      const library = loaded();
      library.C_Initialize({ flags: pkcs11js.CKF_OS_LOCKING_OK });
      // SoftHSM gives its slots other numbers each time.
      const [present] = library.C_GetSlotList(true);
      const session = library.C_OpenSession(present, flags);
      library.C_CloseSession(session);
      return { library, ...handles, session };
    },
  },
};

const called = (library, form, given) =>
  form.endsWith('Callback')
    ? new Promise((resolve, reject) => library[form](...given, (error, result) => (error ? reject(error) : resolve(result))))
    : library[form](...given);

const cases = [];
for (const [state, { concerns, reach }] of Object.entries(states)) {
  for (const row of functions.filter(concerns)) {
    const { name, callback } = row;
    const forms = [name, ...(callback || process.env.ADDED ? [`${name}Async`] : []), ...(callback ? [`${name}Callback`] : [])];
    for (const form of forms) cases.push({ title: `${state}: ${form}`, form, row, reach });
  }
}

async function outcome({ form, row, reach }) {
  const { library, ...given } = reach();
  try {
    return shown(await called(library, form, soundFor(row, given)));
  } catch (error) {
    const { method, nativeStack } = error;
    return { ...describe(error), method, hasStack: Boolean(nativeStack) };
  } finally {
    try {
      library.C_Finalize();
    } catch {
      // It was not initialised, or not loaded.
    }
    library.close();
  }
}

void tellAll(cases, outcome);
