// Ours, as the peers are measured.
import { Module } from '../../dist/index.mjs';
import { inFlight, lists } from '../slice.mjs';
import { inputs } from '../inputs.mjs';
import { answer, DATA, told } from './answer.mjs';

const module = await Module.load(told.path, { threads: told.sessions });
const [slot] = await module.slots({ tokenPresent: true });
const token = await slot.token();
await token.login(told.pin);
const { privateKey: key } = await token.generateKeyPair('ec', { namedCurve: 'P-256', token: false });

if (told.how === 'sign') {
  await answer(inFlight(told.inFlight, () => key.sign('sha256', DATA)));
} else {
  const data = inputs(told.count);
  await answer(lists(told.count, () => key.signMany('sha256', data, { concurrency: told.sessions, ...told.options })));
}
