import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { PassThrough, Writable } from 'node:stream';
import { join } from 'node:path';
import { root } from '../../scripts/support/paths.mjs';
import { terminalChooser, type Choice, type ChooseRequest, type Identity } from '../../lib/personal';
import { skip } from '../support/skip';

const PIN = 'geheim 1234 å';

class Screen extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** A terminal that people type on: raw mode, keys one by one. */
class Keyboard extends PassThrough {
  readonly isTTY = true;
  raw = false;
  setRawMode(raw: boolean): this {
    this.raw = raw;
    return this;
  }
}

const identity = (label: string, more: Partial<Identity> = {}): Identity =>
  ({
    label,
    subject: `C=SE\nCN=${label}`,
    issuer: 'CN=Issuer',
    validTo: new Date('2030-02-03T00:00:00Z'),
    token: { label: 'a card' },
    pinPad: false,
    serialNumber: undefined,
    ...more,
  }) as Identity;

const request = (more: Partial<ChooseRequest> = {}): ChooseRequest => ({
  action: 'Sign',
  identities: [identity('First'), identity('Second')],
  text: 'I agree to everything.',
  textRaw: Buffer.from('I agree to everything.'),
  hostname: 'www.example.com',
  signal: new AbortController().signal,
  ...more,
});

/** Whether a question stands at the end; readline writes where the cursor goes behind it. */
// eslint-disable-next-line no-control-regex
const isAsked = (screen: string): boolean => /[?:] (?:\u001b\[\d+G)?$/.test(screen);

/** Types on a terminal, a line as soon as the screen asks for it. */
async function type(lines: readonly string[], asked: ChooseRequest, columns = 80): Promise<{ choice: Choice | null; screen: string; raw: boolean }> {
  const [input, output] = [new Keyboard(), new Screen()];
  const choosing = Promise.resolve(terminalChooser({ input, output, columns })(asked));
  let seen = 0;
  for (const line of lines) {
    while (!isAsked(output.text.slice(seen))) await new Promise(setImmediate);
    seen = output.text.length;
    input.write(line);
  }
  return { choice: await choosing, screen: output.text, raw: input.raw };
}

const pipe = async (text: string, asked: ChooseRequest): Promise<{ choice: Choice | null; screen: string }> => {
  const [input, output] = [new PassThrough(), new Screen()];
  input.end(text);
  const choice = await terminalChooser({ input, output, columns: 80 })(asked);
  return { choice, screen: output.text };
};

describe('personal: the terminal chooser', () => {
  it('lists the identities, shows the text to be signed, and asks for the PIN without echo', async () => {
    const asked = request();
    const { choice, screen, raw } = await type(['2\r', `${PIN}\r`], asked);
    assert.equal(choice?.identity, asked.identities[1]);
    assert.equal(choice?.pin, PIN);
    assert.equal(raw, false, 'the terminal is left as it was');
    for (const word of ['Sign for www.example.com', 'I agree to everything.', '1. First', '2. Second', '2030-02-03', 'a card'])
      assert.ok(screen.includes(word), word);
    for (const letter of new Set(PIN.replace(/[a-z 1-2]/g, ''))) assert.ok(!screen.slice(screen.indexOf('PIN:')).includes(letter));
    assert.ok(!screen.includes('geheim'));
  });

  it('the question stays where an answer is corrected', async () => {
    const { choice, screen } = await type(['9\u007f2\r', `${PIN}\r`], request());
    assert.equal(choice?.identity.label, 'Second');
    assert.doesNotMatch(screen, /> /);
    assert.equal(screen.split('Which one').length - 1, 2, 'it is written again');
  });

  it('nothing of a PIN is shown that is typed, or pasted, before it is asked for', async () => {
    for (const keys of [[`1\r${PIN}\r`], [`1\r${PIN.slice(0, 4)}`, `${PIN.slice(4)}\r`], [`7\r1\r${PIN}\r`]]) {
      const { choice, screen } = await type(keys, request());
      assert.equal(choice?.pin, PIN);
      assert.doesNotMatch(screen, /geheim|gehe|1234|å/);
    }
  });

  it('nothing of the PIN is shown after corrections and with the arrow keys', async () => {
    const { choice, screen } = await type(['1\r', 'wrong\u007f\u007f\u007f\u007f\u007fabc\u001b[D\u001b[Dx\r'], request());
    assert.match(String(choice?.pin), /^[abcx]{4}$/);
    assert.doesNotMatch(screen.slice(screen.indexOf('PIN:') + 4), /[a-z]/);
  });

  it('works from a pipe too, and over several questions', async () => {
    const [input, output] = [new PassThrough(), new Screen()];
    input.end(`1\nwrong\n2\n${PIN}\n`);
    const choose = terminalChooser({ input, output, columns: 80 });
    const asked = request();
    assert.equal((await choose(asked))?.pin, 'wrong');
    const again = await choose({ ...asked, lastError: 'CKR_PIN_INCORRECT' });
    assert.deepEqual([again?.identity, again?.pin], [asked.identities[1], PIN]);
    assert.match(output.text, /The PIN is wrong\./);
    assert.ok(!output.text.includes(PIN));
    assert.equal(await choose(asked), null, 'the input has ended');
  });

  it('asks again for a number that is none', async () => {
    const { choice, screen } = await pipe(`0\n3\nx\n1e0\n-1\n99999999999999999999\n 1 \n${PIN}\n`, request());
    assert.equal(choice?.pin, PIN);
    assert.equal(screen.match(/Which one/g)?.length, 7);
  });

  for (const [title, typed] of [
    ['an empty line', '\n'],
    ['the end of the input', ''],
    ['an empty PIN', '1\n\n'],
    ['the end of the input at the PIN', '1\n'],
  ] as const) {
    it(`${title} cancels`, async () => assert.equal((await pipe(typed, request())).choice, null));
  }

  for (const [title, keys] of [
    ['Ctrl-C', ['\u0003']],
    ['Ctrl-D', ['\u0004']],
    ['Ctrl-C at the PIN', ['1\r', 'abc\u0003']],
  ] as const) {
    it(`${title} cancels`, async () => assert.equal((await type(keys, request())).choice, null));
  }

  for (const [title, break_] of [
    ['an input that breaks', ({ input }: { input: Keyboard }) => input.destroy(new Error('of the input'))],
    ['an input that closes without an end', ({ input }: { input: Keyboard }) => input.destroy()],
    ['an output that breaks', ({ output }: { output: Screen }) => output.destroy(new Error('of the output'))],
  ] as [string, (streams: { input: Keyboard; output: Screen }) => void][]) {
    it(`${title} cancels`, async () => {
      const [input, output] = [new Keyboard(), new Screen()];
      const choosing = terminalChooser({ input, output })(request());
      while (!isAsked(output.text)) await new Promise(setImmediate);
      break_({ input, output });
      assert.equal(await choosing, null);
    });
  }

  it('the signal cancels, and gives the terminal back', async () => {
    const [input, output, controller] = [new Keyboard(), new Screen(), new AbortController()];
    const choose = terminalChooser({ input, output });
    const choosing = choose(request({ signal: controller.signal }));
    while (!isAsked(output.text)) await new Promise(setImmediate);
    controller.abort();
    assert.equal(await choosing, null);
    assert.equal(input.raw, false);
    assert.equal(input.isPaused(), true);
    assert.equal(await choose(request({ signal: controller.signal })), null);
  });

  it('without an identity it says so, and cancels', async () => {
    const { choice, screen } = await pipe('', request({ identities: [] }));
    assert.equal(choice, null);
    assert.match(screen, /There is no identity for this\./);
  });

  it('with a PIN pad it asks for no PIN', async () => {
    const { choice, screen } = await pipe('1\n', request({ identities: [identity('Card', { pinPad: true })] }));
    assert.equal(choice?.pin, null);
    assert.match(screen, /on the reader/);
  });

  it('text that is none is counted', async () => {
    const { screen } = await pipe('', request({ text: undefined, textRaw: Buffer.from('a\0b') }));
    assert.match(screen, /\(3 bytes that are no text\)/);
  });

  it('an authentication shows no text', async () => {
    const { screen } = await pipe('', request({ action: 'Authenticate', text: undefined, textRaw: undefined }));
    assert.match(screen, /^Log in to www\.example\.com\n/);
    assert.doesNotMatch(screen, /text/);
  });

  it('one question at a time', async () => {
    const [input, output] = [new PassThrough(), new Screen()];
    const choose = terminalChooser({ input, output, columns: 80 });
    input.end('1\na\n2\nb\n1\nc\n');
    const asked = request();
    const choices = await Promise.all([choose(asked), choose(asked), choose(asked)]);
    assert.deepEqual(
      choices.map((choice) => [choice?.identity.label, choice?.pin]),
      [
        ['First', 'a'],
        ['Second', 'b'],
        ['First', 'c'],
      ],
    );
  });

  it('fits into 40 columns', async () => {
    const long = 'a word '.repeat(30) + 'x'.repeat(95) + ' 署名するテキスト'.repeat(10) + ' e\u0301'.repeat(50);
    const asked = request({
      identities: [identity('A name that is rather long for a certificate'.repeat(2))],
      text: long,
      hostname: 'a-very-long-name.of-a-host.example.com.',
    });
    const { screen } = await type(['1\r', `${PIN}\r`], asked, 40);
    // What readline writes to place the cursor has no width.
    // eslint-disable-next-line no-control-regex
    for (const line of screen.replace(/\u001b\[[0-9;]*[A-Za-z]/g, '').split(/[\n\r]+/)) {
      const width = [...line.normalize('NFC')].reduce((sum, one) => sum + (/[\u3000-\u9fff]/.test(one) ? 2 : /\p{M}/u.test(one) ? 0 : 1), 0);
      assert.ok(width <= 40, `${width}: ${line}`);
    }
    assert.equal(screen.match(/x/g)!.length >= 95, true, 'nothing is lost');
  });

  it('each line of the text stands behind a bar: it cannot pass for what stands below', async () => {
    const evil = 'harmless\n\n1. First\nWhich one (1, or nothing to cancel)? 1\nPIN: ' + '✅'.repeat(30) + '1. First' + '漢'.repeat(30) + '2. Second';
    const { screen } = await type(['\r'], request({ text: evil }), 40);
    const shown = screen.slice(screen.indexOf('signed:\n') + 8, screen.indexOf('\n1. First')).split('\n');
    for (const line of shown.filter((one) => one !== '')) {
      assert.match(line, /^\| |^\|$/);
      assert.ok([...line].reduce((sum, one) => sum + (/[✅漢]/u.test(one) ? 2 : 1), 0) <= 40, line);
    }
    assert.equal(screen.split('\n').filter((line) => line.startsWith('1. ')).length, 1);
  });

  it('a text of ten million characters, in one word or of marks on one letter, is shown in seconds', async function () {
    this.timeout(60_000);
    const MIB10 = 10 * 1024 * 1024;
    for (const text of ['x'.repeat(MIB10), 'ab '.repeat(MIB10 / 20), ' '.repeat(MIB10 / 5), `e${'\u0301'.repeat(MIB10 / 10)}`]) {
      const { screen } = await pipe('', request({ text }));
      assert.equal(screen.match(/x/g)?.length, text.startsWith('x') ? MIB10 + 2 : 2);
    }
  });

  it('what is not seen, or has no end, is shown as such', async () => {
    const { screen } = await pipe('', request({ text: `100\u3164\u00ad\u{e0100}\u2800\u{10ffff}\ue000 1\ufe0f ❤\ufe0f e${'\u0301'.repeat(12)}` }));
    assert.match(screen, /\| 100\ufffd{6} 1\ufffd ❤\ufe0f e\u0301{8}\ufffd{4}\n/);
  });

  it('hostile text cannot move the cursor, hide, or reorder', async () => {
    const evil = 'Pay 1\u001b[2K\u001b[1A\r\u0008\u009b31mPay 1000\u202e0001\u200b\u2066\ud800\u2028\u0000\u{e0041}';
    const { screen } = await pipe('', request({ text: evil, hostname: evil, identities: [identity(evil, { token: { label: evil } as never })] }));
    assert.doesNotMatch(screen, /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
  });

  /** A program on a real terminal of forty columns. Each answer is typed when its question is asked; what is on the screen in the end. */
  async function onTerminal(...answers: [question: string, answer: string][]): Promise<string> {
    const folder = mkdtempSync(join(tmpdir(), 'cryptoki-terminal-'));
    const program = `
      const { terminalChooser } = require(${JSON.stringify(join(root, 'lib/personal'))});
      const identity = { label: 'One', subject: 'CN=One, who has a long name', validTo: new Date(), token: { label: 'card' }, pinPad: false };
      terminalChooser()({ action: 'Sign', identities: [identity], text: 'word '.repeat(20), hostname: 'h', signal: new AbortController().signal })
        .then((choice) => console.log(choice === null ? 'cancelled' : 'length=' + choice.pin.length));`;
    writeFileSync(join(folder, 'program.cjs'), program);
    const command = `stty cols 40; '${process.execPath}' --import tsx '${join(folder, 'program.cjs')}'`;
    const child = spawn('script', ['-qec', command, '/dev/null'], { cwd: root });
    try {
      let screen = '';
      for await (const chunk of child.stdout) {
        screen += String(chunk);
        // What is typed before the program has taken the terminal over, the terminal shows itself: so only what is asked for is typed.
        const [question, answer] = answers[0] ?? ['\0', ''];
        if (!screen.includes(question) || !isAsked(screen)) continue;
        child.stdin.write(answer);
        answers.shift();
      }
      return screen;
    } finally {
      child.kill();
      rmSync(folder, { recursive: true, force: true });
    }
  }

  describe('on a real terminal of forty columns', () => {
    before(function () {
      // util-linux's; that of macOS has other options.
      if (process.platform !== 'linux' || spawnSync('script', ['--version']).status !== 0) skip(this, 'this machine has no command script');
    });

    it('nothing of the PIN is shown, and no line is too long', async () => {
      const screen = await onTerminal(['cancel)? ', '1\r'], ['PIN: ', 'topsecret\r']);
      assert.match(screen, /length=9/);
      assert.doesNotMatch(screen, /top|secret/);
      // eslint-disable-next-line no-control-regex
      for (const line of screen.replace(/\u001b\[[0-9;]*[A-Za-z]/g, '').split(/[\r\n]+/)) assert.ok(line.length <= 40, line);
    });

    for (const [title, key] of [
      ['Ctrl-C', '\u0003'],
      ['Ctrl-D', '\u0004'],
    ] as const) {
      it(`${title} cancels, at the question and at the PIN, and the program goes on`, async () => {
        assert.match(await onTerminal(['cancel)? ', key]), /cancelled/);
        const screen = await onTerminal(['cancel)? ', '1\r'], ['PIN: ', key]);
        assert.match(screen, /cancelled/);
      });
    }
  });
});
