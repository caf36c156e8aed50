#!/usr/bin/env node
// npx cryptoki build: compiles the part that is native, for platforms that the package brings none for.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { BuildFailure, compile } from './compile';

const USAGE = `cryptoki build      compile the native part for this machine, from the sources that the package brings
cryptoki --version  the version of the package
`;

async function main(words: readonly string[]): Promise<number> {
  const [command, ...rest] = words;
  if (command === 'build' && rest.length === 0) {
    const path = await compile((text) => console.error(text));
    console.log(`Compiled ${path} for ${process.platform}-${process.arch}.`);
    return 0;
  }
  if (command === '--version' && rest.length === 0) {
    const { version } = JSON.parse(readFileSync(join(__dirname, '..', 'package.json'), 'utf8')) as { version: string };
    console.log(version);
    return 0;
  }
  const asked = command === '--help' && rest.length === 0;
  (asked ? process.stdout : process.stderr).write(USAGE);
  return asked ? 0 : 2;
}

async function run(): Promise<void> {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof BuildFailure ? error.message : error);
    process.exitCode = 1;
  }
}

void run();
