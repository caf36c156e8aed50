import type { Profile } from '../support/profile';

const readOnly = 'a PIV card is written by its issuer, not by its holder';

export const opensc: Profile = {
  name: 'opensc',
  title: 'OpenSC with a PIV card',
  pin: '123456',
  soPin: '',
  fresh: 'fixed',
  keys: [
    { id: '01', type: 'rsa', use: 'sign' },
    { id: '02', type: 'ec', use: 'sign', alwaysAuthenticate: true },
    { id: '03', type: 'rsa', use: 'decrypt' },
    { id: '04', type: 'ec', use: 'sign' },
  ],
  skips: {
    initialize: readOnly,
    'set-pin': 'every test uses the one card, with its PIN',
    'officer-again': 'a PIV card has no security officer',
    'wrong-pin': 'a wrong PIN uses up one of three tries of the one card',
    generate: readOnly,
    import: readOnly,
    write: readOnly,
    'session-objects': 'OpenSC keeps no keys in its memory',
    change: readOnly,
    copy: readOnly,
    destroy: readOnly,
    random: 'the card has no command for random bytes',
    seed: 'no C_SeedRandom',
    'many-sessions': 'a card does one thing at a time',
  },
};
