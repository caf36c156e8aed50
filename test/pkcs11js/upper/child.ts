// Runs the checks of one file on a fresh token, one after another.

import type * as Graphene from 'graphene-pk11';
import type * as WebCryptoP11 from 'node-webcrypto-p11';
import type * as Pkcs11 from 'pkcs11js';
import { Skipped, type Checks, type Outcome, type Stage, type Told } from './stage';

const told = JSON.parse(process.argv[2] ?? '') as Told;
const graphene = require('graphene-pk11') as typeof Graphene;
const pkcs11 = require('pkcs11js') as typeof Pkcs11;
const { checks } = require(told.checks) as { checks: Checks };

const say = (outcome: Outcome): void => void process.send?.(outcome);

function freshSlot(module: Graphene.Module): Graphene.Slot {
  const { TOKEN_INITIALIZED } = graphene.TokenFlag;
  for (const slot of module.getSlots(true)) {
    const token = slot.getToken();
    if (told.label === undefined ? (token.flags & TOKEN_INITIALIZED) === 0 : token.label === told.label) return slot;
  }
  throw new Error(`${told.title} shows no slot to initialise`);
}

function prepare(): Stage {
  const module = graphene.Module.load(told.module, told.title);
  // pkcs11js drops the last character of the parameters: the blank is for it.
  const parameters = told.reserved === undefined ? {} : { libraryParameters: `${told.reserved} ` };
  module.initialize({ flags: pkcs11.CKF_OS_LOCKING_OK, ...parameters });
  // Not by graphene's Slot.initToken, which looks for a label that C_InitToken does not answer.
  module.lib.C_InitToken(freshSlot(module).handle, told.soPin, told.label ?? 'upper');
  const slots = module.getSlots(true);
  const slot = [...slots].find((one) => one.getToken().label === (told.label ?? 'upper'))!;
  const session = slot.open(graphene.SessionFlag.SERIAL_SESSION | graphene.SessionFlag.RW_SESSION);
  session.login(told.soLoginPin, graphene.UserType.SO);
  session.initPin(told.pin);
  session.logout();
  session.login(told.pin);
  const flags = new Map<number, number>();
  const mechanisms = slot.getMechanisms();
  for (let index = 0; index < mechanisms.length; index++) {
    const mechanism = mechanisms.tryGetItem(index);
    if (mechanism) flags.set(mechanism.type, mechanism.flags);
  }
  let crypto: Stage['crypto'] | undefined;
  const skip = (reason: string): never => {
    throw new Skipped(`${told.title}: ${reason}`);
  };
  return {
    name: told.name,
    graphene,
    pkcs11,
    module,
    slot,
    session,
    pin: told.pin,
    get crypto() {
      if (!crypto) {
        const { Crypto } = require('node-webcrypto-p11') as typeof WebCryptoP11;
        crypto = new Crypto({ session, name: told.title });
        crypto.login(told.pin);
      }
      return crypto;
    },
    flagsOf: (mechanism) => flags.get(mechanism),
    skip,
    requires(...names) {
      for (const name of names) {
        const number = typeof name === 'number' ? name : (pkcs11 as unknown as Record<string, number>)[name];
        if (number === undefined) throw new Error(`pkcs11js knows no ${name}`);
        if (!flags.has(number)) skip(`no ${typeof name === 'number' ? `mechanism 0x${name.toString(16)}` : name}`);
      }
    },
  };
}

async function run(): Promise<void> {
  const stage = prepare();
  for (const [check, body] of Object.entries(checks)) {
    say({ check, is: 'begun' });
    try {
      await body(stage);
      say({ check, is: 'passed' });
    } catch (error) {
      if (error instanceof Skipped) say({ check, is: 'skipped', text: error.message });
      else say({ check, is: 'failed', text: String((error as Error)?.stack ?? error) });
    }
  }
  stage.session.close();
  stage.module.finalize();
  stage.module.close();
}

run().then(
  () => process.disconnect?.(),
  (error: Error) => {
    console.error(error);
    process.exitCode = 1;
    process.disconnect?.();
  },
);
