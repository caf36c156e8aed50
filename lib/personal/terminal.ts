// A chooser for programs on a terminal.

import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import { shown, shownInLine, wrapped } from './text';
import type { ChooseIdentity, ChooseRequest, ChooserError, Choice } from './chooser';
import type { Identity } from './identity';

/** Where the terminal is. */
export interface TerminalOptions {
  /** Default: `process.stdin`. */
  readonly input?: NodeJS.ReadableStream | undefined;
  /** Default: `process.stderr`, so that what a program writes to its output stays its own. */
  readonly output?: NodeJS.WritableStream | undefined;
  /** How wide it is. Default: what the output says, else 80. */
  readonly columns?: number | undefined;
}

const SENTENCES: Readonly<Record<ChooserError, string>> = {
  CKR_PIN_INCORRECT: 'The PIN is wrong.',
  CKR_PIN_LOCKED: 'The PIN is locked.',
  ERR_CRYPTOKI_NOT_FOUND: 'That certificate has no private key.',
};

const TITLES = { Authenticate: 'Log in to', Sign: 'Sign for' } as const;

/**
 * A chooser that lists the identities, shows the text to be signed and asks for the PIN without echo. An empty line, Ctrl-C, Ctrl-D and the end of the
 * input cancel. One question at a time: actions that come meanwhile wait for their turn.
 *
 * @example
 * const personal = createPersonal({ module, url: 'https://www.example.com/', chooseIdentity: terminalChooser() });
 */
export function terminalChooser(options: TerminalOptions = {}): ChooseIdentity {
  let before: Promise<unknown> = Promise.resolve();
  const typed: string[] = [];
  return (request) => {
    const mine = before.then(() => (request.signal.aborted ? null : new Dialog(options, typed, request).run()));
    before = mine.catch(() => undefined);
    return mine;
  };
}

const BAR = '| ';

/** Swallows what readline echoes, but while an answer is asked for that may be seen. */
class Echo extends Writable {
  secret = true;
  readonly #output: NodeJS.WritableStream;

  constructor(output: NodeJS.WritableStream) {
    super({ decodeStrings: false });
    this.#output = output;
  }

  /** readline asks for it. */
  get columns(): number | undefined {
    return (this.#output as { columns?: number }).columns;
  }

  override _write(chunk: string | Uint8Array, _encoding: BufferEncoding, done: () => void): void {
    if (!this.secret) this.#output.write(chunk as string);
    done();
  }
}

/** One request on the terminal. */
class Dialog {
  readonly #request: ChooseRequest;
  readonly #input: NodeJS.ReadableStream;
  readonly #output: NodeJS.WritableStream;
  readonly #echo: Echo;
  readonly #lines: Interface;
  readonly #columns: number;
  /** Lines that came before they were asked for, as from a pipe; the next dialogue takes them over. */
  readonly #typed: string[];
  #waiting: ((line: string | null) => void) | undefined;
  #ended = false;

  constructor({ input = process.stdin, output = process.stderr, columns }: TerminalOptions, typed: string[], request: ChooseRequest) {
    this.#typed = typed;
    this.#request = request;
    this.#input = input;
    this.#output = output;
    this.#echo = new Echo(output);
    // A terminal that does not know its width says 0.
    this.#columns = Math.max(columns ?? ((output as { columns?: number }).columns || 80), 10);
    const terminal = (input as { isTTY?: boolean }).isTTY === true;
    // No history: the PIN would be in it.
    this.#lines = createInterface({ input, output: this.#echo, terminal, historySize: 0 });
    this.#lines.on('line', (line) => this.#give(line));
    this.#lines.on('SIGINT', () => this.#lines.close());
    this.#lines.on('close', () => this.#end());
    // readline passes on what its input emits.
    this.#lines.on('error', () => this.#lines.close());
    // readline waits for ever for the end of what has ended.
    if ((input as { readableEnded?: boolean }).readableEnded === true) this.#ended = true;
  }

  async run(): Promise<Choice | null> {
    const { signal } = this.#request;
    const stop = (): void => this.#lines.close();
    signal.addEventListener('abort', stop, { once: true });
    // Streams that break, or close without an end, cancel.
    this.#input.on('error', stop).on('close', stop);
    this.#output.on('error', stop);
    try {
      this.#show();
      return await this.#choose();
    } finally {
      signal.removeEventListener('abort', stop);
      this.#input.off('error', stop).off('close', stop);
      this.#output.off('error', stop);
      this.#lines.close();
      this.#input.pause();
    }
  }

  #give(line: string): void {
    // What is typed ahead may be the PIN.
    this.#echo.secret = true;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#typed.push(line);
    else waiting(line);
  }

  #end(): void {
    this.#ended = true;
    this.#waiting?.(null);
    this.#waiting = undefined;
  }

  #write(text: string, indent = ''): void {
    for (const line of wrapped(text, this.#columns, indent)) this.#output.write(`${line}\n`);
  }

  /** A line of the user's; `null` where there will be none any more. */
  async #ask(question: string, secret = false): Promise<string | null> {
    const lines = wrapped(question, this.#columns - 1);
    const prompt = `${lines.pop()} `;
    for (const line of lines) this.#output.write(`${line}\n`);
    const { terminal } = this.#lines;
    if (secret || !terminal || this.#ended || this.#typed.length > 0) {
      this.#output.write(prompt);
    } else {
      // readline writes it again after corrections, and behind it what was typed ahead.
      this.#echo.secret = false;
      this.#lines.setPrompt(prompt);
      this.#lines.prompt();
    }
    try {
      const line = this.#typed.shift();
      if (line !== undefined) return line;
      return this.#ended ? null : await new Promise<string | null>((resolve) => (this.#waiting = resolve));
    } finally {
      // The echo of a line end was swallowed too.
      if (secret || !terminal) this.#output.write('\n');
      this.#echo.secret = true;
    }
  }

  #show(): void {
    const { action, hostname, lastError, text, textRaw, identities } = this.#request;
    this.#write(`${TITLES[action]} ${hostname === '' ? 'an unknown page' : shownInLine(hostname)}`);
    if (lastError !== undefined) this.#write(SENTENCES[lastError]);
    if (action === 'Sign') {
      this.#write('\nThe text to be signed:');
      // Each line stands behind a bar: nothing in the text can pass for what stands below it.
      if (text === undefined) this.#write(`(${textRaw?.length ?? 0} bytes that are no text)`);
      else for (const line of wrapped(shown(text), this.#columns - BAR.length)) this.#output.write(`${BAR}${line}\n`);
    }
    this.#write('');
    identities.forEach((identity, at) => this.#write(`${at + 1}. ${describe(identity)}`, '   '));
  }

  async #choose(): Promise<Choice | null> {
    const { identities } = this.#request;
    if (identities.length === 0) {
      this.#write('There is no identity for this.');
      return null;
    }
    const identity = await this.#identity(identities);
    if (identity === undefined) return null;
    if (identity.pinPad) {
      this.#write('Type the PIN on the reader.');
      return { identity, pin: null };
    }
    const pin = await this.#ask('PIN:', true);
    return pin === null || pin === '' ? null : { identity, pin };
  }

  async #identity(identities: readonly Identity[]): Promise<Identity | undefined> {
    const range = identities.length === 1 ? '1' : `1 to ${identities.length}`;
    for (;;) {
      const answer = (await this.#ask(`Which one (${range}, or nothing to cancel)?`))?.trim();
      if (answer === undefined || answer === '') return undefined;
      const identity = /^\d{1,6}$/.test(answer) ? identities[Number(answer) - 1] : undefined;
      if (identity !== undefined) return identity;
    }
  }
}

function describe({ label, subject, validTo, token }: Identity): string {
  const until = Number.isNaN(validTo.getTime()) ? '' : `, until ${validTo.toISOString().slice(0, 10)}`;
  return shownInLine(`${label === '' ? 'without a name' : label} (${subject}${until}) on ${token.label}`);
}
