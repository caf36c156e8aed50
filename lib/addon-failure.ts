// Why the compiled part of the package did not load, and what to do about it.

import { join } from 'node:path';

import { CryptokiError } from './errors';
import { whyNotLoaded } from './load-failure';

/** What is known when it did not load. */
export interface AddonSearch {
  /** The folder that should have prebuilds/ or build/. */
  readonly folder: string;
  /** The code runs from a bundle, not from the package. */
  readonly bundled: boolean;
  /** What was found; undefined where nothing was. */
  readonly path: string | undefined;
  readonly cause: unknown;
}

const BUILD = '"npx cryptoki build" in your project compiles it';

/** The one error of all calls in a process where the compiled part does not load. */
export function addonFailure({ folder, bundled, path, cause }: AddonSearch): CryptokiError {
  const where = `This is ${machine()}`;
  if ((cause as NodeJS.ErrnoException).code === 'ERR_DLOPEN_DISABLED') {
    const flag = 'permission' in process ? 'start Node.js with --allow-addons besides --permission' : 'start Node.js without --no-addons';
    return failure(`Node.js was told to load no addons, and the compiled part of this package is one: ${flag}. ${where}.`, 'permission', cause);
  }
  if (mayNotRead(folder)) {
    const flag = `start Node.js with --allow-fs-read=${folder} and --allow-addons besides --permission`;
    return failure(`Node.js was told not to read ${folder}, where the compiled part of this package is: ${flag}. ${where}.`, 'permission', cause);
  }
  if (path !== undefined) {
    const { reason, sentence } = whyNotLoaded(path, cause instanceof Error ? cause.message : '');
    return failure(`The compiled part of this package does not load: ${path}: ${sentence}. ${where}. ${BUILD} for this machine.`, reason, cause);
  }
  const places = [join(folder, 'build', 'Release', 'cryptoki.node'), join(folder, 'prebuilds', prebuild())];
  const looked = `${where}; looked for ${places.join(' and ')}`;
  if (bundled) {
    const advice = `leave "cryptoki" out of the bundle (external), or copy node_modules/cryptoki/prebuilds into ${folder}`;
    return failure(`The compiled part of this package is not beside the bundle: ${advice}. ${looked}.`, 'missing', cause);
  }
  return failure(`This package brings no compiled part for this platform. ${looked}. ${BUILD}.`, 'missing', cause);
}

/** Bundled into an ES module, where nothing tells a file its folder and no addon can be asked for. */
export function bundledAsModule(): CryptokiError {
  const advice = 'leave "cryptoki" out of the bundle (external), or let the bundle be CommonJS';
  return failure(`This package has been bundled into an ES module that defines neither __dirname nor require: ${advice}.`, 'other', undefined);
}

function failure(message: string, reason: NonNullable<CryptokiError['reason']>, cause: unknown): CryptokiError {
  return new CryptokiError('ERR_CRYPTOKI_ADDON', message, { reason, ...(cause === undefined ? {} : { cause }) });
}

/** Under the permission model what may not be read looks as if it were not there. */
function mayNotRead(folder: string): boolean {
  return process.permission?.has('fs.read', folder) === false;
}

function libc(): 'glibc' | 'musl' | undefined {
  if (process.platform !== 'linux') return undefined;
  const { header } = (process.report?.getReport() ?? {}) as { header?: { glibcVersionRuntime?: string } };
  return header === undefined || header.glibcVersionRuntime !== undefined ? 'glibc' : 'musl';
}

function machine(): string {
  const words = libc();
  return `${process.platform}-${process.arch}${words === undefined ? '' : ` (${words})`}, Node.js ${process.version}`;
}

function prebuild(): string {
  const words = libc();
  return join(`${process.platform}-${process.arch}`, words === undefined ? 'cryptoki.node' : `cryptoki.${words}.node`);
}
